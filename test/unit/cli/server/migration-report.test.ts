import assert from 'node:assert/strict';
import { MigrationReport } from '../../../../server/src/cli/server/migration-report.ts';

const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;

describe('the report of the migrations', () => {
  for (const step of [{ step: 'waiting-for-instance' }, { step: 'waiting-for-lock', name: '0001-first' }] as const) {
    it(`[H-30] prints no line about ${step.step} after another instance has run the last migration`, () => {
      using report = new MigrationReport(() => {});
      const before = timers();
      report.take(step);
      assert.equal(timers(), before + 1, 'a line would be printed after a second');
      report.take({ step: 'complete' });
      assert.equal(timers(), before);
    });
  }
});
