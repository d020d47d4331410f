import { openPostgres } from '../../server/src/database/connections/database-postgres.ts';
import { migrateUp } from '../../server/src/database/migrations/migrate.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { appRoleSql, hasLeastRights } from './least-rights.ts';
import { type Postgres, sharedPostgres, type TestDatabase, withClient } from './postgres.ts';

/**
 * A new database, copied from one with all migrations, by default on the shared PostgreSQL. A
 * server starts on it in a tenth of the time that the migrations of an empty one take.
 */
export async function aMigratedDatabase(given?: Postgres): Promise<TestDatabase> {
  const postgres = given ?? (await sharedPostgres());
  const template = await postgres.template('migrated', async (url) => {
    if (hasLeastRights) await withClient(url, (client) => client.query(appRoleSql));
    const database = openPostgres(url, createLog('silent'));
    await migrateUp(database);
    await database.close();
  });
  return postgres.createDatabase({ template });
}

/**
 * A database on which instances can start: an empty one, which they migrate, or one with all
 * migrations if they may not create tables.
 */
export async function aDatabaseForInstances(given?: Postgres): Promise<TestDatabase> {
  return hasLeastRights ? aMigratedDatabase(given) : (given ?? (await sharedPostgres())).createDatabase();
}
