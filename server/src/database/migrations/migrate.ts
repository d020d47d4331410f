import { setTimeout as sleep } from 'node:timers/promises';
import { migrations, type NumberedMigration } from '@rollcall/migrations';
import { sql } from 'kysely';
import type { Database, Db, Tx } from '../database.ts';
import { isConflict, isLockTimeout } from '../translate-error.ts';
import { assertUsableSchema, readMigrationStates } from './migration-states.ts';
import { MigrationsStoppedError } from './migrations-stopped-error.ts';

/** The progress of a migration, for people who wait for it. */
export type MigrationStep =
  | { readonly step: 'begun'; readonly name: string }
  | { readonly step: 'ran'; readonly name: string; readonly ms: number; readonly isOfNewDatabase: boolean }
  /** Another instance runs a migration. */
  | { readonly step: 'waiting-for-instance' }
  /**
   * Another transaction has held a lock that the migration needs for too long. The migration is
   * rolled back and tried again.
   */
  | { readonly step: 'waiting-for-lock'; readonly name: string }
  /** All migrations have run, here or at other instances. */
  | { readonly step: 'complete' };

export interface MigrateOptions {
  /**
   * When it aborts, the running migration is canceled and rolled back. Earlier migrations stay.
   */
  readonly signal?: AbortSignal | undefined;
  report?(step: MigrationStep): void;
  /** Defaults to the migrations of this version. */
  readonly known?: Readonly<Record<string, NumberedMigration>>;
}

/**
 * The lock number of Kysely's migrator. A version that still uses that migrator and this version
 * therefore wait for each other. Our lock belongs to the transaction, so it can't stay on a
 * connection that a pooler lends per transaction.
 */
const lockId = sql.lit(3_853_314_791_062_309_107n);

/**
 * While a migration waits for a table, all later statements on the table wait too. The migration
 * therefore gives up soon, lets them pass, and tries again.
 */
const lockTimeout = '5s';
const retryMs = 250;

/**
 * Runs the missing migrations in order, each in its own transaction and without a time limit. If
 * several instances start, one runs a migration and the others wait.
 * @returns the names of the migrations that this call ran
 * @throws MigrationsStoppedError, NewerDatabaseError
 */
export async function migrateUp(database: Database, options: MigrateOptions = {}): Promise<readonly string[]> {
  const { signal, known = migrations } = options;
  const connection = database.connectToMigrate();
  const running: Running = { pid: null };
  const cancelling = cancelWhenAborted(database, running, signal);
  const ran: string[] = [];
  try {
    let isNewDatabase: boolean | null = null;
    for (;;) {
      signal?.throwIfAborted();
      // This check takes no lock. A start without pending migrations must not wait, and must need
      // no more rights than to read.
      await assertUsableSchema(connection.db, known);
      const pending = await readPending(connection.db, known);
      if (pending.length === 0) {
        options.report?.({ step: 'complete' });
        return ran;
      }
      isNewDatabase ??= pending.length === Object.keys(known).length;
      const startedAtMs = performance.now();
      const name = await runNext(connection.db, running, options);
      if (name === null) await sleep(retryMs, undefined, { signal });
      else {
        ran.push(name);
        options.report?.({ step: 'ran', name, ms: performance.now() - startedAtMs, isOfNewDatabase: isNewDatabase });
      }
    }
  } catch (error) {
    throw signal?.aborted ? new MigrationsStoppedError({ ran, cause: error }) : error;
  } finally {
    cancelling[Symbol.dispose]();
    await connection.close();
  }
}

async function readPending(db: Db, known: NonNullable<MigrateOptions['known']>): Promise<string[]> {
  return (await readMigrationStates(db, known)).filter(({ executedAt }) => executedAt === null).map(({ name }) => name);
}

/**
 * The PostgreSQL process that runs the current transaction of a migration. A pooler may use another
 * process for each transaction.
 */
interface Running {
  pid: number | null;
}

/**
 * Cancels the running statement when the signal aborts. Closing our connection would not end the
 * statement, because PostgreSQL notices only when it has a result to send.
 */
function cancelWhenAborted({ kind, db }: Database, running: Running, signal: AbortSignal | undefined): Disposable {
  let timer: NodeJS.Timeout | undefined;
  // Repeated, because a request that arrives between two statements cancels nothing.
  const cancel = () => {
    if (running.pid !== null) sql`SELECT pg_cancel_backend(${running.pid})`.execute(db).catch(() => {});
    timer = setTimeout(cancel, retryMs);
  };
  // The embedded database runs one statement at a time, so a cancel request would only wait for the
  // migration.
  if (kind === 'postgresql') signal?.addEventListener('abort', cancel);
  return {
    [Symbol.dispose]() {
      signal?.removeEventListener('abort', cancel);
      clearTimeout(timer);
    },
  };
}

/** Runs one migration. Returns null if it cannot run now, or if another instance was faster. */
async function runNext(db: Db, running: Running, { report, known = migrations }: MigrateOptions): Promise<string | null> {
  let name: string | undefined;
  try {
    return await db.transaction().execute(async (tx) => {
      running.pid = await liftTimeouts(tx);
      if (!(await tryLock(tx))) {
        report?.({ step: 'waiting-for-instance' });
        return null;
      }
      [name] = await readPending(tx, known);
      if (name === undefined) return null;
      report?.({ step: 'begun', name });
      await makeTables(tx);
      await known[name]!.up(tx);
      await sql`INSERT INTO kysely_migration (name, timestamp) VALUES (${name}, ${new Date().toISOString()})`.execute(tx);
      await saveMarks(tx, known);
      return name;
    });
  } catch (error) {
    if (name === undefined || !(isLockTimeout(error) || isConflict(error))) throw error;
    report?.({ step: 'waiting-for-lock', name });
    return null;
  } finally {
    running.pid = null;
  }
}

/**
 * Overrides the timeouts that the server, the database or the role sets. Returns the number of the
 * PostgreSQL process.
 */
async function liftTimeouts(tx: Tx): Promise<number> {
  const { rows } = await sql<{ pid: number }>`
    SELECT pg_backend_pid() AS pid, set_config(name, CASE name WHEN 'lock_timeout' THEN ${lockTimeout} ELSE '0' END, true) FROM pg_settings
    WHERE name IN ('lock_timeout', 'statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')`.execute(tx);
  return rows[0]!.pid;
}

async function tryLock(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`SELECT pg_try_advisory_xact_lock(${lockId}) AS locked`.execute(tx);
  return rows[0]!.locked;
}

/** Kysely's migrator created the first table in earlier versions. */
async function makeTables(tx: Tx): Promise<void> {
  await sql`CREATE TABLE IF NOT EXISTS kysely_migration (name varchar(255) PRIMARY KEY, timestamp varchar(255) NOT NULL)`.execute(tx);
  await sql`CREATE TABLE IF NOT EXISTS migration_marks (name text PRIMARY KEY, is_additive boolean NOT NULL)`.execute(tx);
}

/**
 * An older version does not have our migration files. The marks show whether it works with the
 * tables that they made.
 */
async function saveMarks(tx: Tx, known: NonNullable<MigrateOptions['known']>): Promise<void> {
  const marks = JSON.stringify(Object.entries(known).map(([name, { isAdditive }]) => ({ name, is_additive: isAdditive })));
  await sql`
    INSERT INTO migration_marks (name, is_additive)
    SELECT name, is_additive FROM jsonb_to_recordset(${marks}::jsonb) AS mark (name text, is_additive boolean) JOIN kysely_migration USING (name)
    ON CONFLICT (name) DO UPDATE SET is_additive = excluded.is_additive`.execute(tx);
}
