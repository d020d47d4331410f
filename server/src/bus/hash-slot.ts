/** The number of slots in a Redis Cluster. */
const slotCount = 16_384;

/**
 * CRC-16/XMODEM of the name, as in the Redis Cluster specification. Only for ASCII names without
 * braces.
 */
export function hashSlot(channel: string): number {
  let crc = 0;
  for (let index = 0; index < channel.length; index++) {
    crc ^= channel.charCodeAt(index) << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % slotCount;
}

/**
 * Returns one channel on each shard, because each shard's messages arrive on their own connection.
 * The same shards give the same channels.
 * @param owners the shard that owns each slot; undefined if none does
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
