import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config.ts';
import { nameOfDatabase } from '../database/connections/connection-string.ts';
import { DataDirInUseError } from '../database/connections/data-dir-lock.ts';
import { hasPglite, openPglite } from '../database/connections/database-pglite.ts';
import { openPostgres } from '../database/connections/database-postgres.ts';
import type { StatementMeter } from '../database/connections/statement-meter.ts';
import { waitForDatabase } from '../database/connections/wait-for-database.ts';
import type { Database } from '../database/database.ts';
import { type MigrateOptions, migrateUp } from '../database/migrations/migrate.ts';
import { MigrationsStoppedError } from '../database/migrations/migrations-stopped-error.ts';
import type { Log } from '../runtime/log.ts';
import { messageOf, StartupError } from '../runtime/startup-error.ts';

/** Whether `openDatabase` would create the database. It never does on a server. */
export function needsNewDatabase({ databaseUrl, dataDir }: Config): boolean {
  return databaseUrl === null && !hasPglite(dataDir);
}

/**
 * Opens the database and waits until it responds.
 * @throws StartupError, DataDirInUseError, ConfigError
 */
export async function openDatabase({ databaseUrl, dataDir }: Config, log: Log, meter?: StatementMeter): Promise<Database> {
  if (databaseUrl === null) {
    return openPglite(dataDir, log, meter).catch((error: unknown) => {
      if (error instanceof DataDirInUseError) throw error;
      throw new StartupError(`Could not open the embedded database in ${dataDir}: ${messageOf(error)}`, { cause: error });
    });
  }
  const database = openPostgres(databaseUrl, log, meter);
  try {
    await waitForDatabase(database.db);
    const problem = await database.findSetupProblem();
    if (problem !== null) throw new ConfigError(`DATABASE_URL ${problem}`);
  } catch (error) {
    await database.close();
    if (error instanceof ConfigError) throw error;
    throw new StartupError(`Could not use the database ${nameOfDatabase(databaseUrl)}: ${messageOf(error)}`, { cause: error });
  }
  return database;
}

/**
 * Runs the pending migrations.
 * @throws StartupError, MigrationsStoppedError
 */
export async function migrate(database: Database, options: MigrateOptions): Promise<readonly string[]> {
  try {
    return await migrateUp(database, options);
  } catch (error) {
    if (error instanceof MigrationsStoppedError) throw error;
    const remedy = isDenied(error) ? '. Run rollcall migrate as the owner of the tables' : '';
    throw new StartupError(`The migrations failed: ${messageOf(error)}${remedy}`, { cause: error });
  }
}

/** Whether the role lacks a right: `insufficient_privilege` of PostgreSQL. */
function isDenied(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '42501';
}
