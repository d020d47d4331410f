import { openPglite } from '../../server/src/database/connections/database-pglite.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { describeFeedStarts } from './feed-starts.suite.ts';

describeFeedStarts('PGlite', async (meter) => {
  const database = await openPglite(makeTemporaryDirectory('pglite'), createLog('silent'), meter);
  return { database, dispose: () => database.close() };
});
