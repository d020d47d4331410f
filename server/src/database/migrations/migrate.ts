import { setTimeout as sleep } from 'node:timers/promises';
import { migrations, type NumberedMigration } from '@rollcall/migrations';
import { sql } from 'kysely';
import type { Database, Db, Tx } from '../database.ts';
import { isLockTimeout, isRetryable } from '../translate-error.ts';
import { assertUsableSchema, readMigrationStates } from './migration-states.ts';

/** What a migration is doing, for people who wait for it. */
export type MigrationStep =
  | { readonly step: 'begun'; readonly name: string }
  | { readonly step: 'ran'; readonly name: string; readonly ms: number; readonly isOfNewDatabase: boolean }
  /** Another instance migrates. */
  | { readonly step: 'waiting-for-instance' }
  /** Another transaction has held what the migration needs for too long; it is rolled back and tried again. */
  | { readonly step: 'waiting-for-lock'; readonly name: string };

export interface MigrateOptions {
  /** Aborted: the migration that is running is cancelled and rolled back. Those before it stay. */
  readonly signal?: AbortSignal | undefined;
  report?(step: MigrationStep): void;
  /** This version's, unless given. */
  readonly known?: Readonly<Record<string, NumberedMigration>>;
}

/** `migrateUp` was aborted. */
export class MigrationsStoppedError extends Error {
  override readonly name = 'MigrationsStoppedError';

  constructor({ ran, cause }: { ran: readonly string[]; cause: unknown }) {
    const kept = ran.length === 0 ? 'Nothing was changed.' : `What ran before stays: ${ran.join(', ')}.`;
    super(`Stopped while migrating; the migration that was running is rolled back. ${kept}`, { cause });
  }
}

/**
 * Kysely's own lock number: a version that still migrates by Kysely's migrator waits for us, and we for it. Ours belongs to
 * the transaction, so a pooler that lends connections per transaction can't leave it behind.
 */
const lockId = sql.lit(3_853_314_791_062_309_107n);

/** While a migration waits for a table, everything behind it waits too. So it gives up soon, lets them pass, and tries again. */
const lockTimeout = '5s';
const retryMs = 250;

/**
 * Runs the migrations that are missing, in order, each in a transaction of its own, however long one takes. Of several
 * instances one runs a migration, and the others wait.
 * @returns the names of those that this call ran
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
      // Without a lock: a start with nothing to migrate must not wait, nor need more rights than to read.
      await assertUsableSchema(connection.db, known);
      const pending = await readPending(connection.db, known);
      if (pending.length === 0) return ran;
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

/** The PostgreSQL process that runs a migration's transaction now. A pooler may give each transaction another. */
interface Running {
  pid: number | null;
}

/** Closing our connection would not end a statement: PostgreSQL notices only when it has an answer to send. */
function cancelWhenAborted({ kind, db }: Database, running: Running, signal: AbortSignal | undefined): Disposable {
  let timer: NodeJS.Timeout | undefined;
  // More than once: one that arrives between two statements cancels nothing.
  const cancel = () => {
    if (running.pid !== null) sql`SELECT pg_cancel_backend(${running.pid})`.execute(db).catch(() => {});
    timer = setTimeout(cancel, retryMs);
  };
  // The embedded database does one thing at a time, so a request to cancel would only wait for its turn.
  if (kind === 'postgresql') signal?.addEventListener('abort', cancel);
  return {
    [Symbol.dispose]() {
      signal?.removeEventListener('abort', cancel);
      clearTimeout(timer);
    },
  };
}

/** Runs one migration. Null when it could not be run now, or another instance was faster. */
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
    if (name === undefined || !(isLockTimeout(error) || isRetryable(error))) throw error;
    report?.({ step: 'waiting-for-lock', name });
    return null;
  } finally {
    running.pid = null;
  }
}

/** Whatever the server, the database or the role sets. Returns the number of the PostgreSQL process. */
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

/** The first is Kysely's, from before it was ours. */
async function makeTables(tx: Tx): Promise<void> {
  await sql`CREATE TABLE IF NOT EXISTS kysely_migration (name varchar(255) PRIMARY KEY, timestamp varchar(255) NOT NULL)`.execute(tx);
  await sql`CREATE TABLE IF NOT EXISTS migration_marks (name text PRIMARY KEY, is_additive boolean NOT NULL)`.execute(tx);
}

/** An older version has not our files: by the marks it knows whether it works on what they made. */
async function saveMarks(tx: Tx, known: NonNullable<MigrateOptions['known']>): Promise<void> {
  const marks = JSON.stringify(Object.entries(known).map(([name, { isAdditive }]) => ({ name, is_additive: isAdditive })));
  await sql`
    INSERT INTO migration_marks (name, is_additive)
    SELECT name, is_additive FROM jsonb_to_recordset(${marks}::jsonb) AS mark (name text, is_additive boolean) JOIN kysely_migration USING (name)
    ON CONFLICT (name) DO UPDATE SET is_additive = excluded.is_additive`.execute(tx);
}
