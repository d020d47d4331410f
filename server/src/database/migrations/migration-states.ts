import { migrations } from '@rollcall/migrations';
import { sql } from 'kysely';
import type { Db } from '../database.ts';

export interface MigrationState {
  readonly name: string;
  readonly executedAt: Date | null;
}

/** A newer version migrated the database in a way that this version does not work with. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError';

  constructor(names: readonly string[]) {
    super(
      `a newer version of Rollcall migrated the database, and this version does not work with ${names.join(', ')}. ` +
        'Start the newer version, or restore a backup from before that upgrade (docs/operating/upgrade.md)',
    );
  }
}

interface RanMigration {
  readonly name: string;
  /** Written by the migrator, in ISO 8601. */
  readonly timestamp: string;
  /** Null if an older version ran the migration, because older versions did not store this. */
  readonly is_additive: boolean | null;
}

/**
 * The migrations of this version in order, each with the time when it ran. Only reads, so any
 * database user with read access can call it.
 */
export async function readMigrationStates(
  db: Db,
  known: Readonly<Record<string, unknown>> = migrations,
): Promise<readonly MigrationState[]> {
  const ranAt = new Map((await readRan(db)).map(({ name, timestamp }) => [name, new Date(timestamp)]));
  return Object.keys(known).map((name) => ({ name, executedAt: ranAt.get(name) ?? null }));
}

/** The states of the migrations for a database that does not exist yet: all are pending. */
export function newDatabaseStates(): readonly MigrationState[] {
  return Object.keys(migrations).map((name) => ({ name, executedAt: null }));
}

/**
 * @throws NewerDatabaseError if the database has a migration that this version does not know,
 * unless it is marked additive
 */
export async function assertUsableSchema(db: Db, known: Readonly<Record<string, unknown>> = migrations): Promise<void> {
  const foreign = (await readRan(db)).filter(({ name, is_additive }) => !(name in known) && is_additive !== true);
  if (foreign.length > 0) throw new NewerDatabaseError(foreign.map(({ name }) => name));
}

async function readRan(db: Db): Promise<RanMigration[]> {
  // A query of `to_regclass` may not see tables that were made during the transaction: PostgreSQL
  // caches that a name is unknown.
  const { rows } = await sql<{ relname: string }>`
    SELECT relname FROM pg_class WHERE relname IN ('kysely_migration', 'migration_marks') AND pg_table_is_visible(oid)`.execute(db);
  const tables = rows.map(({ relname }) => relname);
  if (!tables.includes('kysely_migration')) return [];
  const query = tables.includes('migration_marks')
    ? sql<RanMigration>`SELECT name, timestamp, is_additive FROM kysely_migration LEFT JOIN migration_marks USING (name) ORDER BY name`
    : sql<RanMigration>`SELECT name, timestamp, NULL::boolean AS is_additive FROM kysely_migration ORDER BY name`;
  return (await query.execute(db)).rows;
}
