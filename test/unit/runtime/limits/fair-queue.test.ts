import assert from 'node:assert/strict';
import { FairQueue } from '../../../../server/src/runtime/limits/fair-queue.ts';

describe('a fair queue', () => {
  const waiter = (...keys: string[]) => ({ keys });
  const takeAll = (queue: FairQueue<{ keys: string[] }>) => {
    const taken: string[] = [];
    for (let next = queue.take(); next; next = queue.take()) taken.push(next.keys.join(' '));
    return taken;
  };

  it('[H-06] serves a new network and account after one entry per ring, for any number of waiting entries', () => {
    for (const flood of [(n: number) => waiter('network a', `account ${n}`), (n: number) => waiter(`network ${n}`, 'account x')]) {
      const one = new FairQueue<{ keys: string[] }>(2);
      for (let n = 0; n < 500; n++) one.add(flood(n));
      one.add(waiter('honest', 'me'));
      const position = takeAll(one).indexOf('honest me');
      assert.ok(position <= 3, `served as number ${position}`);
    }
  });

  it('[H-06] serves an entry behind one that may not be taken, whichever ring is next', () => {
    for (const ring of [0, 1]) {
      const queue = new FairQueue<{ keys: string[] }>(2);
      for (let n = 0; n < ring; n++) {
        queue.add(waiter('other', 'other'));
        queue.take();
      }
      queue.add(waiter('resting', 'one account'));
      queue.add(waiter('honest', 'one account'));
      const mayTake = ({ keys: [network] }: { keys: string[] }) => network !== 'resting';
      assert.deepEqual(queue.take(mayTake)?.keys, ['honest', 'one account'], `ring ${ring}`);
      assert.equal(queue.take(mayTake), null);
      assert.equal(queue.size, 1);
    }
  });

  it('removes an entry, and finds the last entry of the key with the most entries', () => {
    const queue = new FairQueue<{ keys: string[] }>(1);
    const [a, b, c] = [waiter('a'), waiter('b'), waiter('b')];
    for (const one of [a, b, c]) queue.add(one);
    assert.equal(queue.latestOfLongest(), c);
    assert.equal(queue.remove(c), true);
    assert.equal(queue.remove(c), false);
    assert.deepEqual([queue.size, queue.sizeOf(0, 'b'), queue.sizeOf(0, 'none')], [2, 1, 0]);
    assert.deepEqual(takeAll(queue), ['a', 'b']);
    assert.equal(queue.latestOfLongest(), null);
  });
});
