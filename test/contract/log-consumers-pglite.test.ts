import { openPglite } from '../../server/src/database/connections/database-pglite.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { describeLogConsumerContract } from './log-consumers.suite.ts';

describeLogConsumerContract('PGlite', async () => {
  const database = await openPglite(makeTemporaryDirectory('pglite'), createLog('silent'));
  return { database, dispose: () => database.close() };
});
