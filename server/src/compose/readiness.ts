import { sql } from 'kysely';
import type { Database, Db } from '../database/database.ts';
import { readMigrationStates } from '../database/migrations/migration-states.ts';
import type { Channels } from '../read-path/channels.ts';
import { CachedValue } from '../runtime/cached-value.ts';

/** A feed that lags for longer makes replicas stale: the lease of a back end is 5 s (rule F2). */
const feedLagMsMax = 5_000;

/** All probes within a second share one query of the database. */
const ageMsMax = 1_000;
/** The longest wait for the database, much longer than a healthy one needs. */
const waitMsMax = 2_000;

/**
 * Returns a probe for the problem that prevents this instance from serving, or null. Probes share
 * the response of the database, and never wait for commands.
 */
export function readinessOf(database: Database, channels: Channels, permissionsProblem: () => string | null): () => Promise<string | null> {
  const databaseProblem = new CachedValue(() => checkDatabase(database.probes), {
    ageMsMax,
    waitMsMax,
    fallback: 'the database cannot be reached',
  });
  return async () => {
    const problem = await databaseProblem.read();
    if (problem !== null) return problem;
    if (database.writes.problem !== null) return `writes fail: ${database.writes.problem}`;
    // One organization whose log can't be read must not take the instance from others (rule R11).
    if (channels.mostLagBy(feedLagMsMax)) return 'feeds do not keep up with the log';
    return permissionsProblem();
  };
}

async function checkDatabase(db: Db): Promise<string | null> {
  try {
    const pending = (await readMigrationStates(db)).filter(({ executedAt }) => executedAt === null);
    if (pending.length > 0) return `pending migrations: ${pending.map(({ name }) => name).join(', ')}`;
    const { rows } = await sql<{ isReadOnly: boolean }>`
      SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS "isReadOnly"`.execute(db);
    if (!rows[0]!.isReadOnly) return null;
    await closeReadOnlyConnection(db);
    return 'the database is read-only';
  } catch {
    return 'the database cannot be reached';
  }
}

/**
 * The pool closes a connection whose write failed because it is read-only. A query alone doesn't
 * fail there, so this connection would stay read-only after the database has become writable, for
 * example because its default changed, or because its name points to another host.
 */
async function closeReadOnlyConnection(db: Db): Promise<void> {
  await sql`UPDATE server_values SET value = value WHERE false`.execute(db).catch(() => {});
}
