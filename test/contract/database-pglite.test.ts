import { openPglite } from '../../server/src/database/connections/database-pglite.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { describeDatabaseContract } from './database.suite.ts';

describeDatabaseContract('PGlite', async () => {
  const database = await openPglite(makeTemporaryDirectory('pglite'), createLog('silent'));
  return { database, dispose: () => database.close() };
});
