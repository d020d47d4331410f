import assert from 'node:assert/strict';
import { faultRunMsMax, runFaults } from '../support/run-faults.ts';

/**
 * One fault of each kind: lost notices, a crash between commit and publish, Redis, the database,
 * clients and their links. `npm run faults` injects all of them.
 */
const sample = [
  'notices-dropped',
  'killed-before-publish',
  'redis-restarted',
  'commit-responses-lost',
  'reconnect-burst',
  'links-black-holed',
];

describe('the fault run, in its short variant', function () {
  this.timeout(faultRunMsMax);

  it('[R4] [R12] [H-38] violates no invariant under a fault of each kind', async () => {
    const { code, output } = await runFaults('--only', sample.join(','));
    assert.equal(code, 0, output);
    assert.match(output, /All invariants hold/);
  });
});
