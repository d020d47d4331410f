import { startPostgres } from '../../support/postgres.ts';
import { describeKill, onPostgres } from './kill.suite.ts';

describeKill('PostgreSQL', async () => ({
  ...(await onPostgres(await startPostgres({ durable: true }))),
  killDatabase: async () => {},
  restartDatabase: async () => {},
}));
