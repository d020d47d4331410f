import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { KeyedSemaphore } from '../../../server/src/runtime/limits/semaphore.ts';

describe('a semaphore by key', () => {
  let semaphore: KeyedSemaphore;
  /** The names of the work that has begun, with the function that ends it. */
  let begun: Map<string, () => void>;

  beforeEach(() => {
    semaphore = new KeyedSemaphore({ concurrentMax: 2, inTotal: { waitingMax: 2, refusal: () => new Error('full') } });
    begun = new Map();
  });

  const run = (key: string, name: string) => semaphore.run(key, () => new Promise<void>((resolve) => begun.set(name, resolve)));
  const names = () => [...begun.keys()];
  const end = async (name: string) => {
    begun.get(name)!();
    await turn();
  };

  it('runs the work of each key up to a limit, then in order, and refuses more', async () => {
    for (const name of ['a1', 'a2', 'a3', 'a4']) void run('a', name);
    void run('b', 'b1');
    await assert.rejects(run('a', 'a5'), /full/);
    assert.deepEqual(names(), ['a1', 'a2', 'b1']);
    await end('a2');
    assert.deepEqual(names(), ['a1', 'a2', 'b1', 'a3']);
    await end('a1');
    assert.deepEqual(names(), ['a1', 'a2', 'b1', 'a3', 'a4']);
  });

  it('runs other work after work that failed', async () => {
    const failed = () => semaphore.run('a', () => Promise.reject(new Error('failed')));
    for (let number = 0; number < 5; number++) await assert.rejects(failed(), /failed/);
    assert.equal(await semaphore.run('a', async () => 1), 1);
  });
});
