import assert from 'node:assert/strict';
import { KeyedSemaphore } from '../../../server/src/runtime/keyed-semaphore.ts';
import { HandClock } from '../../support/hand-clock.ts';

const restMinMs = 20;
const restMaxMs = 1_000;

describe('a semaphore by key', () => {
  let clock: HandClock;
  let semaphore: KeyedSemaphore;
  /** The names of the work that has begun, with the function that ends it. */
  let begun: Map<string, () => void>;

  beforeEach(() => {
    clock = new HandClock();
    semaphore = semaphoreOf(2);
    begun = new Map();
  });

  const semaphoreOf = (concurrentMax: number) =>
    new KeyedSemaphore({ concurrentMax, waitingMax: 2, restMinMs, restMaxMs, restPerMs: 2, refuse: () => new Error('full') }, clock);
  const run = (key: string, name: string) => semaphore.run(key, () => new Promise<void>((resolve) => begun.set(name, resolve)));
  const names = () => [...begun.keys()];
  /** Ends the work after this time. */
  const end = async (name: string, tookMs: number) => {
    clock.spend(tookMs);
    begun.get(name)!();
    await clock.turn();
  };

  it('runs the work of each key up to a limit, then in order, and refuses more', async () => {
    for (const name of ['a1', 'a2', 'a3', 'a4']) void run('a', name);
    void run('b', 'b1');
    await assert.rejects(run('a', 'a5'), /full/);
    assert.deepEqual(names(), ['a1', 'a2', 'b1']);
    await end('a2', 1);
    await end('a1', 1);
    assert.deepEqual(names(), ['a1', 'a2', 'b1', 'a3', 'a4']);
  });

  it('runs other work after work that failed', async () => {
    const failed = () => semaphore.run('a', () => Promise.reject(new Error('failed')));
    for (let number = 0; number < 5; number++) await assert.rejects(failed(), /failed/);
    assert.equal(await semaphore.run('a', async () => 1), 1);
  });

  it('rests after long work in proportion to it, and not after short work', async () => {
    for (const name of ['a1', 'a2', 'a3', 'a4']) void run('a', name);
    await end('a1', restMinMs - 1);
    assert.deepEqual(names(), ['a1', 'a2', 'a3']);
    await end('a3', 150);
    await clock.pass(299);
    assert.deepEqual(names(), ['a1', 'a2', 'a3']);
    await clock.pass(1);
    assert.deepEqual(names(), ['a1', 'a2', 'a3', 'a4']);
  });

  it('rests for a limited time', async () => {
    for (const name of ['a1', 'a2', 'a3']) void run('a', name);
    await end('a1', 60_000);
    assert.deepEqual(names(), ['a1', 'a2']);
    await clock.pass(restMaxMs);
    assert.deepEqual(names(), ['a1', 'a2', 'a3']);
  });

  it('does not delay long work that follows long work, with a slot for each part of its rest', async () => {
    semaphore = semaphoreOf(3);
    for (const name of ['a1', 'a2', 'a3', 'a4']) {
      void run('a', name);
      assert.ok(begun.has(name));
      await end(name, 100);
    }
  });
});
