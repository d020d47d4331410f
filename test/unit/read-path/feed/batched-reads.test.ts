import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NoResultError } from '../../../../server/src/database/connections/result-watch.ts';
import { BatchedReads } from '../../../../server/src/read-path/feed/batched-reads.ts';
import { systemClock } from '../../../../server/src/runtime/clock.ts';

/** Reads numbers as texts, and records the batches. `finish` completes the oldest one. */
function open(batchMax = 100) {
  const batches: number[][] = [];
  const running: (() => void)[] = [];
  const reads = new BatchedReads<number, string>(systemClock, batchMax, async (keys) => {
    batches.push([...keys]);
    await new Promise<void>((resolve) => running.push(resolve));
    return keys.map(String);
  });
  const finish = async () => {
    running.shift()!();
    await nextTurn();
    await nextTurn();
  };
  return { batches, finish, reads };
}

describe('batched reads', () => {
  it('[R10] combine the calls of one event-loop turn into one read', async () => {
    const { batches, finish, reads } = open();
    const results = Promise.all([3, 1, 2].map((key) => reads.read(key)));
    await nextTurn();
    await finish();
    assert.deepEqual(await results, ['3', '1', '2']);
    assert.deepEqual(batches, [[3, 1, 2]]);
  });

  it('[R10] gather the callers that arrive while two batches are read', async () => {
    const { batches, finish, reads } = open();
    const results: Promise<string>[] = [];
    for (let key = 1; key <= 5; key++) {
      results.push(reads.read(key));
      await nextTurn();
    }
    assert.deepEqual(batches, [[1], [2]]);
    await finish();
    assert.deepEqual(batches, [[1], [2], [3, 4, 5]]);
    await finish();
    await finish();
    assert.deepEqual(await Promise.all(results), ['1', '2', '3', '4', '5']);
  });

  it('[R10] never read more than the maximum in one batch', async () => {
    const { batches, finish, reads } = open(2);
    const results = Promise.all([1, 2, 3, 4, 5].map((key) => reads.read(key)));
    await nextTurn();
    await nextTurn();
    assert.deepEqual(batches, [
      [1, 2],
      [3, 4],
    ]);
    for (let batch = 0; batch < 3; batch++) await finish();
    assert.deepEqual(await results, ['1', '2', '3', '4', '5']);
    assert.deepEqual(batches[2], [5]);
  });

  for (const problem of [new Error('a bad record'), new NoResultError(10_000)]) {
    it(`[R11] reject only for the key that cannot be read because of "${problem.message}"`, async () => {
      const reads = new BatchedReads<number, string>(systemClock, 100, async (keys) => {
        if (keys.includes(7)) throw problem;
        return keys.map(String);
      });
      const keys = Array.from({ length: 20 }, (_, key) => key);
      const results = await Promise.allSettled(keys.map((key) => reads.read(key)));
      assert.deepEqual(
        results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))),
        keys.map((key) => (key === 7 ? String(problem) : String(key))),
      );
    });
  }

  it('[R12] try once while the database is gone, and work again once it is back', async () => {
    let attempts = 0;
    let isGone = true;
    const reads = new BatchedReads<number, string>(systemClock, 100, async (keys) => {
      attempts++;
      if (isGone) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      return keys.map(String);
    });
    const results = await Promise.allSettled([1, 2, 3].map((key) => reads.read(key)));
    assert.ok(results.every(({ status }) => status === 'rejected'));
    assert.equal(attempts, 1);
    isGone = false;
    assert.equal(await reads.read(1), '1');
  });
});
