import assert from 'node:assert/strict';
import { RefillingAllowance } from '../../../../server/src/runtime/limits/refilling-allowance.ts';

describe('an allowance that refills evenly', () => {
  let now = 0;
  let allowance: RefillingAllowance;

  beforeEach(() => {
    now = 0;
    allowance = new RefillingAllowance(100, 1_000, () => now);
  });

  it('has the whole amount before its first use', () => {
    assert.equal(allowance.msUntilWhole('a'), 0);
  });

  it('refills by its amount per period, for each key by itself', () => {
    allowance.use('a', 100);
    assert.deepEqual([allowance.msUntilWhole('a'), allowance.msUntilWhole('b')], [1_000, 0]);
    now = 250;
    assert.equal(allowance.msUntilWhole('a'), 750);
    now = 1_000;
    assert.equal(allowance.msUntilWhole('a'), 0);
  });

  it('takes longer to refill if more than the amount was used', () => {
    allowance.use('a', 100);
    allowance.use('a', 50);
    assert.equal(allowance.msUntilWhole('a'), 1_500);
  });
});
