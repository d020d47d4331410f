import { openPostgres } from '../../server/src/database/connections/database-postgres.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { describeLogConsumerContract } from './log-consumers.suite.ts';

describeLogConsumerContract('PostgreSQL', async () => {
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
