import assert from 'node:assert/strict';
import { Semaphore } from '../../../../server/src/runtime/limits/semaphore.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('an admission semaphore', () => {
  it('[R10] admits a fixed number of tasks at once, queues a fixed number in order, and rejects the rest immediately', async () => {
    const semaphore = new Semaphore({ concurrentMax: 2, inTotal: { waitingMax: 1, refusal: () => new Error('full') } });
    const begun: number[] = [];
    const leave: (() => void)[] = [];
    const enter = (number: number) =>
      semaphore.run(() => {
        begun.push(number);
        return new Promise<void>((resolve) => leave.push(resolve));
      });
    const runs = [enter(1), enter(2), enter(3)];
    await turn();
    assert.deepEqual(begun, [1, 2]);
    await assert.rejects(enter(4), /full/);
    leave[0]!();
    await turn();
    assert.deepEqual(begun, [1, 2, 3]);
    leave.slice(1).forEach((go) => {
      go();
    });
    await Promise.all(runs);
  });

  it('[R11] admits the next task after a task that failed', async () => {
    const semaphore = new Semaphore({ concurrentMax: 1 });
    await assert.rejects(
      semaphore.run(() => Promise.reject(new Error('failed'))),
      /failed/,
    );
    assert.equal(await semaphore.run(async () => 'entered'), 'entered');
  });
});
