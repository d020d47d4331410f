import { openPostgres } from '../../server/src/database/connections/database-postgres.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { describeJobContract } from './jobs.suite.ts';

describeJobContract('PostgreSQL', async () => {
  const { url, drop } = await (await sharedPostgres()).createDatabase();
  const database = openPostgres(url, createLog('silent'));
  return {
    database,
    async dispose() {
      await database.close();
      await drop();
    },
  };
});
