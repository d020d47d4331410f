import { openPglite } from '../../../server/src/database/connections/database-pglite.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { aMigratedDataDir } from '../../support/migrated-data-dir.ts';
import { startPostgres } from '../../support/postgres.ts';
import { describeKill, onPostgres } from './kill.suite.ts';

describeKill('the embedded database', async () => {
  const dataDir = await aMigratedDataDir();
  return {
    environment: { DATA_DIR: dataDir },
    open: async () => openPglite(dataDir, createLog('silent')),
    killDatabase: async () => {},
    restartDatabase: async () => {},
    stop: async () => {},
  };
});

describeKill('a PostgreSQL that is killed with it', async () => {
  const postgres = await startPostgres({ durable: true });
  return { ...(await onPostgres(postgres)), killDatabase: postgres.kill, restartDatabase: postgres.restart };
});
