import assert from 'node:assert/strict';
import { FairLines } from '../../../server/src/runtime/fair-lines.ts';

describe('fair lines', () => {
  const waiter = (...keys: string[]) => ({ keys });
  const takeAll = (lines: FairLines<{ keys: string[] }>) => {
    const taken: string[] = [];
    for (let next = lines.take(); next; next = lines.take()) taken.push(next.keys.join(' '));
    return taken;
  };

  it('[H-06] serve a newcomer of another network and account after one entry per ring, for any number of waiting entries', () => {
    for (const flood of [(n: number) => waiter('network a', `account ${n}`), (n: number) => waiter(`network ${n}`, 'account x')]) {
      const one = new FairLines<{ keys: string[] }>(2);
      for (let n = 0; n < 500; n++) one.add(flood(n));
      one.add(waiter('honest', 'me'));
      const position = takeAll(one).indexOf('honest me');
      assert.ok(position <= 3, `served as number ${position}`);
    }
  });

  it('forget a caller that left, and find the latest of the key with the most', () => {
    const lines = new FairLines<{ keys: string[] }>(1);
    const [a, b, c] = [waiter('a'), waiter('b'), waiter('b')];
    for (const one of [a, b, c]) lines.add(one);
    assert.equal(lines.latestOfLongest(), c);
    assert.equal(lines.remove(c), true);
    assert.equal(lines.remove(c), false);
    assert.deepEqual([lines.size, lines.sizeOf(0, 'b'), lines.sizeOf(0, 'none')], [2, 1, 0]);
    assert.deepEqual(takeAll(lines), ['a', 'b']);
    assert.equal(lines.latestOfLongest(), null);
  });
});
