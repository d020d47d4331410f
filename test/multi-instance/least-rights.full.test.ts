import path from 'node:path';
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

  it('pass all tests of several instances', async () => {
    const files = listFiles('test/multi-instance', '.test.ts').filter((file) => !file.endsWith('.full.test.ts'));
    await runWithLeastRights(files.filter((file) => !(path.basename(file) in others)));
  });
});
