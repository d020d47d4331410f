import { openPglite } from '../../server/src/database/connections/database-pglite.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { aMigratedDataDir } from '../support/migrated-data-dir.ts';
import { describeFeedStarts } from './feed-starts.suite.ts';

describeFeedStarts('PGlite', async (meter) => {
  const database = await openPglite(await aMigratedDataDir(), createLog('silent'), meter);
  return { database, dispose: () => database.close() };
});
