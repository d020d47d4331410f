import assert from 'node:assert/strict';
import { TimeSlicer } from '../../../client-sdk/src/time-slicer.ts';

describe('slices', () => {
  let now: number;
  let timers: (() => void)[];
  let done: string[];
  let slices: TimeSlicer;

  beforeEach(() => {
    now = 0;
    timers = [];
    done = [];
    slices = new TimeSlicer({
      now: () => now,
      after(_ms, run) {
        timers.push(run);
        return () => {};
      },
    });
  });
  const takes = (ms: number, name: string) => () => {
    now += ms;
    done.push(name);
  };

  it('quick work runs immediately', () => {
    slices.run(takes(1, 'a'));
    slices.run(takes(1, 'b'));
    assert.deepEqual([done, timers.length], [['a', 'b'], 0]);
  });

  it('work that follows long work waits for the next tick, in order', () => {
    for (const name of ['a', 'b', 'c', 'd']) slices.run(takes(5, name));
    assert.deepEqual([done, timers.length], [['a', 'b'], 1]);
    timers.pop()!();
    assert.deepEqual([done, timers.length], [['a', 'b', 'c', 'd'], 1]);
    slices.run(takes(5, 'e'));
    assert.equal(done.includes('e'), false);
    timers.pop()!();
    assert.deepEqual([done.at(-1), timers.length], ['e', 0]);
  });

  it('clearing drops the waiting work, but not the work that follows', () => {
    for (const name of ['a', 'b', 'c']) slices.run(takes(5, name));
    slices.clear();
    slices.run(takes(5, 'd'));
    timers.pop()!();
    assert.deepEqual(done, ['a', 'b', 'd']);
  });

  it('work that replaces the waiting work runs without waiting for the next tick', () => {
    for (const name of ['a', 'b', 'c']) slices.run(takes(5, name));
    slices.runInstead(takes(5, 'd'));
    assert.deepEqual(done, ['a', 'b', 'd']);
    timers.pop()!();
    assert.deepEqual(done, ['a', 'b', 'd']);
  });

  it('work that replaces the waiting work during other work follows it', () => {
    slices.run(() => {
      slices.run(takes(1, 'b'));
      slices.runInstead(takes(1, 'c'));
      takes(1, 'a')();
    });
    assert.deepEqual(done, ['a', 'c']);
  });

  it('work continues after work that failed', () => {
    const fail = () => {
      throw new Error('failed');
    };
    assert.throws(() => slices.run(fail));
    slices.run(takes(1, 'a'));
    assert.deepEqual(done, ['a']);
  });
});
