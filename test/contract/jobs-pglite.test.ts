import { openPglite } from '../../server/src/database/connections/database-pglite.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { aMigratedDataDir } from '../support/migrated-data-dir.ts';
import { describeJobContract } from './jobs.suite.ts';

describeJobContract('PGlite', async () => {
  const database = await openPglite(await aMigratedDataDir(), createLog('silent'));
  return { database, dispose: () => database.close() };
});
