import assert from 'node:assert/strict';
import { safeguards } from '../faults/safeguards.ts';
import { faultRunMsMax, runFaults } from '../support/run-faults.ts';

describe('the fault run, in its short form', function () {
  this.timeout(faultRunMsMax);

  for (const { name, description, fault, violates } of safeguards) {
    it(`fails without the safeguard that ${description}`, async () => {
      const { code, output } = await runFaults('--without', name, '--only', fault);
      assert.equal(code, 1, output);
      assert.match(output, new RegExp(`^${violates} +VIOLATED`, 'm'), output);
    });
  }
});
