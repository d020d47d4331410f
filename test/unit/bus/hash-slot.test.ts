import assert from 'node:assert/strict';
import { hashSlot, oneChannelPerShard } from '../../../server/src/bus/hash-slot.ts';

describe('hash slots', () => {
  it('match those of the Redis Cluster specification', () => {
    assert.equal(hashSlot('123456789'), 0x31c3);
    assert.equal(hashSlot('foo'), 12_182);
  });

  it('[R3] give one channel per shard, and the same channels for the same shards', () => {
    const owners = Array.from({ length: 16_384 }, (_, slot) => (slot === 5 ? undefined : `shard-${slot % 7}`));
    const channels = oneChannelPerShard('beat', owners);
    assert.deepEqual(
      channels.map((channel) => owners[hashSlot(channel)]).toSorted(),
      [0, 1, 2, 3, 4, 5, 6].map((n) => `shard-${n}`),
    );
    assert.deepEqual(oneChannelPerShard('beat', owners), channels);
  });

  it('[R3] give no channel without a shard', () => {
    assert.deepEqual(oneChannelPerShard('beat', []), []);
  });
});
