import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OrgError } from '../../../protocol/src/index.ts';
import { restMsMax, Semaphore } from '../../../server/src/runtime/limits/semaphore.ts';

const open = new AbortController().signal;

const aSemaphore = (waitingMax: number, waitingPerKeyMax: number) =>
  new Semaphore({
    concurrentMax: 1,
    inTotal: { waitingMax, refusal: () => new OrgError('unavailable', 'Too many.') },
    perKey: [{ waitingMax: waitingPerKeyMax, refusal: () => new OrgError('rate-limited', 'Too many of one key.') }],
  });

/** Work that ends when the test ends it. */
function heldWork(done: string[], name: string) {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    end,
    async work() {
      await ended;
      done.push(name);
    },
  };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

describe('a fair admission semaphore', () => {
  it('[H-06] admits a second address after one task of an address with many waiting tasks', async () => {
    const semaphore = aSemaphore(100, 50);
    const done: string[] = [];
    const held = Array.from({ length: 20 }, (_, index) => heldWork(done, `flood ${index}`));
    const flood = held.map(({ work }) => semaphore.run(work, { keys: ['flood'], closed: open }));
    const honest = semaphore.run(async () => void done.push('honest'), { keys: ['honest'], closed: open });
    for (const { end } of held.slice(0, 2)) end();
    await honest;
    assert.ok(done.indexOf('honest') <= 2, done.join());
    for (const { end } of held) end();
    await Promise.all(flood);
    assert.deepEqual(semaphore.use, { running: 0, waiting: 0 });
  });

  it('[H-06] rejects tasks beyond the slots of an address, and gives a slot to another address when all are taken', async () => {
    const semaphore = aSemaphore(4, 4);
    const first = heldWork([], 'first');
    const running = semaphore.run(first.work, { keys: ['flood'], closed: open });
    const waiting = Array.from({ length: 4 }, () =>
      semaphore.run(async () => 'done', { keys: ['flood'], closed: open }).catch((error) => error.code),
    );
    await assert.rejects(
      semaphore.run(async () => {}, { keys: ['flood'], closed: open }),
      { code: 'rate-limited' },
    );
    const honest = semaphore.run(async () => 'served', { keys: ['honest'], closed: open });
    first.end();
    await running;
    assert.equal(await honest, 'served');
    assert.deepEqual(await Promise.all(waiting), ['done', 'done', 'done', 'unavailable']);
  });

  it('[H-06] skips the task of a caller that disconnected, and continues after a task that fails', async () => {
    const semaphore = aSemaphore(4, 4);
    const first = heldWork([], 'first');
    const running = semaphore.run(first.work, { keys: ['one'], closed: open });
    const leaving = new AbortController();
    const left = semaphore.run(async () => assert.fail('done for a caller that left'), { keys: ['one'], closed: leaving.signal });
    leaving.abort();
    await assert.rejects(left, { code: 'unavailable' });
    first.end();
    await running;
    await assert.rejects(
      semaphore.run(() => Promise.reject(new Error('failed')), { keys: ['one'], closed: open }),
      /failed/,
    );
    await turns();
    assert.deepEqual(semaphore.use, { running: 0, waiting: 0 });
  });

  it('[H-06] lets an address rest after work that must, and serves other addresses in the meantime', async () => {
    const semaphore = aSemaphore(100, 50);
    const order: string[] = [];
    const workMs = 50;
    const work = (name: string) => async () => {
      order.push(name);
      await sleep(workMs);
      return performance.now();
    };
    const first = semaphore.run(work('flood'), { keys: ['flood'], closed: open, mustRest: () => true });
    const second = semaphore.run(async () => performance.now(), { keys: ['flood'], closed: open });
    const honest = semaphore.run(work('honest'), { keys: ['honest'], closed: open });
    const ended = await first;
    const late = semaphore.run(async () => performance.now(), { keys: ['flood'], closed: open });
    await honest;
    // A timer may fire up to a millisecond early.
    for (const begun of [await second, await late]) assert.ok(begun - ended >= workMs - 2, `${begun - ended} ms`);
    assert.deepEqual(order, ['flood', 'honest']);
    assert.deepEqual(semaphore.use, { running: 0, waiting: 0 });
  });

  it('[H-06] lets an address rest for a limited time after work that took a minute', async () => {
    const semaphore = aSemaphore(100, 50);
    const minuteMs = 60_000;
    let nowMs = 0;
    mock.method(performance, 'now', () => nowMs);
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const slow = async () => {
        nowMs += minuteMs;
      };
      await semaphore.run(slow, { keys: ['one'], closed: open, mustRest: () => true });
      let isServed = false;
      const second = semaphore.run(
        async () => {
          isServed = true;
        },
        { keys: ['one'], closed: open },
      );
      mock.timers.tick(restMsMax - 1);
      await turns();
      assert.equal(isServed, false);
      mock.timers.tick(1);
      await turns();
      assert.equal(isServed, true);
      await second;
    } finally {
      mock.timers.reset();
      mock.restoreAll();
    }
  });

  it('[H-06] serves an address immediately after work that need not rest', async () => {
    const semaphore = aSemaphore(100, 50);
    const first = semaphore.run(() => sleep(50, 'done'), { keys: ['one'], closed: open });
    const second = semaphore.run(async () => semaphore.use.running, { keys: ['one'], closed: open });
    await first;
    assert.equal(semaphore.use.running, 1);
    assert.equal(await second, 1);
  });
});
