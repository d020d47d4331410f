import assert from 'node:assert/strict';
import { systemClock } from '../../../server/src/runtime/clock.ts';
import { SharedReads } from '../../../server/src/runtime/shared-reads.ts';

describe('shared reads', () => {
  it('[R10] [F1] serve all who ask meanwhile with one more read, which begins after the last of them asked', async () => {
    const reads: string[][] = [];
    const shared = new SharedReads(systemClock, async (keys: readonly string[]) => {
      reads.push([...keys]);
      await new Promise((resolve) => setImmediate(resolve));
      return new Map(keys.map((key) => [key, reads.length]));
    });
    const first = shared.read(['a']);
    await new Promise((resolve) => setImmediate(resolve));
    const others = await Promise.all(['b', 'c', 'a'].map((key) => shared.read([key])));
    assert.equal((await first).get('a'), 1);
    assert.deepEqual(reads, [['a'], ['b', 'c', 'a']]);
    assert.equal(others[2]!.get('a'), 2, 'the answer is of a read that had begun before');
  });

  it('[R12] fail with the database, and work again with it', async () => {
    let isGone = true;
    const shared = new SharedReads(systemClock, async (keys: readonly string[]) => {
      if (isGone) throw new Error('gone');
      return new Map(keys.map((key) => [key, true]));
    });
    await assert.rejects(shared.read(['a']), /gone/);
    isGone = false;
    assert.equal((await shared.read(['a'])).get('a'), true);
  });
});
