import { sql } from 'kysely';
import type { Database } from './database/database.ts';
import { readMigrationStates } from './database/migration-states.ts';
import type { Channels } from './read-path/channels.ts';

/** A feed that was not brought up to date for longer makes copies stale: a back end's lease has 5 s (rule F2). */
const feedsBehindMsMax = 5_000;

/** What keeps us from serving, or null. */
export async function readReadiness(database: Database, channels: Channels): Promise<string | null> {
  try {
    const pending = (await readMigrationStates(database.db)).filter(({ executedAt }) => executedAt === null);
    if (pending.length > 0) return `migrations to run: ${pending.map(({ name }) => name).join(', ')}`;
    const { rows } = await sql<{ isReadOnly: boolean }>`
      SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS "isReadOnly"`.execute(database.db);
    if (rows[0]!.isReadOnly) return 'the database is read-only';
  } catch {
    return 'the database cannot be reached';
  }
  if (database.writes.problem !== null) return `writes fail: ${database.writes.problem}`;
  return channels.behindMs > feedsBehindMsMax ? 'feeds are behind the log' : null;
}
