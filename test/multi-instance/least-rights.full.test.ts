import assert from 'node:assert/strict';
import path from 'node:path';
import { startProcess } from '../support/process.ts';
import { runWithLeastRights } from '../support/run-with-least-rights.ts';
import { listFiles } from '../support/source-files.ts';

/** Tests in which an instance needs more rights than in production. */
const others: Readonly<Record<string, string>> = {
  'failover.test.ts': 'an instance migrates the database of a server of its own',
  'pgbouncer.test.ts': 'an instance migrates the database, and PgBouncer logs in as one role',
  'restore-under-instances.test.ts': 'an instance migrates the database of a server of its own',
};

describe('instances with the least rights', function () {
  // The folder takes about eleven minutes.
  this.timeout(40 * 60_000);

  it('pass the short fault run', async () => {
    const run = startProcess(['--short'], { LEAST_RIGHTS: '1' }, { script: 'test/faults/main.ts' });
    assert.equal((await run.exit).code, 0, run.stdout + run.stderr);
    assert.match(run.stdout, /All invariants hold/);
  });

  it('pass all tests of several instances', async () => {
    const files = listFiles('test/multi-instance', '.test.ts').filter((file) => !file.endsWith('.full.test.ts'));
    await runWithLeastRights(files.filter((file) => !(path.basename(file) in others)));
  });
});
