import assert from 'node:assert/strict';
import { faultRunMsMax, runFaults } from '../support/run-faults.ts';

describe('the fault run, in its short variant', function () {
  this.timeout(faultRunMsMax);

  it('[R4] [R12] [H-38] violates no invariant under any fault', async () => {
    const { code, output } = await runFaults();
    assert.equal(code, 0, output);
    assert.match(output, /All invariants hold/);
  });
});
