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
  } catch {
    return 'the database cannot be reached';
  }
  return channels.behindMs > feedsBehindMsMax ? 'feeds are behind the log' : null;
}
