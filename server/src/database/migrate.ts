import { migrations } from '@rollcall/migrations';
import { Migrator } from 'kysely';
import type { Db } from './database.ts';

function migratorOf(db: Db): Migrator {
  // Kysely takes a lock, so that of several instances which start at once one migrates and the others wait.
  return new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
}

export interface MigrationState {
  readonly name: string;
  readonly executedAt: Date | null;
}

export async function readMigrationStates(db: Db): Promise<readonly MigrationState[]> {
  const infos = await migratorOf(db).getMigrations();
  return infos.map(({ name, executedAt }) => ({ name, executedAt: executedAt ?? null }));
}

/** Runs what is missing, in order. Returns the names of what ran. */
export async function migrateUp(db: Db): Promise<readonly string[]> {
  const { error, results = [] } = await migratorOf(db).migrateToLatest();
  if (error) throw error;
  return results.map(({ migrationName }) => migrationName);
}
