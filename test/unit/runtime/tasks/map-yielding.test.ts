import assert from 'node:assert/strict';
import { mapYielding } from '../../../../server/src/runtime/tasks/map-yielding.ts';

/** Occupies the process, like an expensive computation. */
function compute(durationMs: number): void {
  const endsAt = performance.now() + durationMs;
  while (performance.now() < endsAt);
}

describe('a computation in short steps', () => {
  it('maps the items in their order, and lets other work run in between', async () => {
    const order: (number | 'other work')[] = [];
    setImmediate(() => order.push('other work'));
    const results = await mapYielding([1, 2, 3, 4], (item) => {
      compute(4);
      order.push(item);
      return item * 10;
    });
    assert.deepEqual(results, [10, 20, 30, 40]);
    assert.ok(order.indexOf('other work') < order.indexOf(4), `the other work had to wait: ${order.join(', ')}`);
    assert.deepEqual(
      order.filter((entry) => entry !== 'other work'),
      [1, 2, 3, 4],
    );
  });

  it('does not wait if the items cost little', async () => {
    let isLater = false;
    setImmediate(() => {
      isLater = true;
    });
    await mapYielding([], () => {});
    assert.equal(isLater, false);
  });
});
