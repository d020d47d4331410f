/** The slots of a Redis Cluster. */
const slotCount = 16_384;

/** CRC-16/XMODEM of the name, as the Redis Cluster specification has it. For ASCII names without braces only. */
export function hashSlot(channel: string): number {
  let crc = 0;
  for (let index = 0; index < channel.length; index++) {
    crc ^= channel.charCodeAt(index) << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % slotCount;
}

/**
 * One channel on each shard, because each shard's messages come over a connection of their own. The same shards give
 * the same channels.
 * @param owners which shard has a slot; undefined where none has
 */
export function oneChannelPerShard(base: string, owners: readonly (string | undefined)[]): string[] {
  const without = new Set(owners);
  without.delete(undefined);
  const channels: string[] = [];
  for (let number = 0; without.size > 0; number++) {
    const channel = `${base}:${number}`;
    if (without.delete(owners[hashSlot(channel)])) channels.push(channel);
  }
  return channels;
}
