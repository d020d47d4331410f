import assert from 'node:assert/strict';
import { KeyedSemaphore } from '../../../server/src/runtime/limits/semaphore.ts';

describe('tasks with the same key, one at a time', () => {
  const tick = () => new Promise((resolve) => setImmediate(resolve));

  it('runs in order, also after a failure, and concurrently with work under other keys', async () => {
    const mutex = new KeyedSemaphore({ concurrentMax: 1, inTotal: { waitingMax: 10, refusal: () => new Error('full') } });
    const log: string[] = [];
    const work =
      (name: string, fails = false) =>
      async () => {
        log.push(`begin ${name}`);
        await tick();
        log.push(`end ${name}`);
        if (fails) throw new Error(name);
      };
    const results = await Promise.allSettled([mutex.run('a', work('1', true)), mutex.run('a', work('2')), mutex.run('b', work('3'))]);
    assert.deepEqual(
      log.filter((line) => !line.endsWith('3')),
      ['begin 1', 'end 1', 'begin 2', 'end 2'],
    );
    assert.ok(log.indexOf('begin 3') < log.indexOf('end 1'));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
  });

  it('fails beyond the waiting limit, until some of the work is done', async () => {
    const mutex = new KeyedSemaphore({ concurrentMax: 1, inTotal: { waitingMax: 2, refusal: () => new Error('full') } });
    const running = [1, 2, 3].map(() => mutex.run('a', tick));
    await assert.rejects(mutex.run('a', tick), /full/);
    await running[0];
    const again = mutex.run('a', tick);
    await Promise.all([...running, again]);
    await Promise.all([1, 2, 3].map(() => mutex.run('a', tick)));
  });
});
