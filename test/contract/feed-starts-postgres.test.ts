import { openPostgres } from '../../server/src/database/connections/database-postgres.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { describeFeedStarts } from './feed-starts.suite.ts';

describeFeedStarts('PostgreSQL', async (meter) => {
  const { url, drop } = await (await sharedPostgres()).createDatabase();
  const database = openPostgres(url, createLog('silent'), meter);
  return {
    database,
    async dispose() {
      await database.close();
      await drop();
    },
  };
});
