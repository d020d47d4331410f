import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../database/database.ts';

/** When a token or session was last used: written at most once a minute, so that a busy client doesn't make each read a write. */

type UsedTable = 'auth_tokens' | 'sessions';

/** Of a joined row. */
export function wasUsedLately(table: UsedTable): RawBuilder<boolean> {
  return sql<boolean>`coalesce(${sql.ref(`${table}.date_last_used`)} > clock_timestamp() - interval '1 minute', false)`;
}

/** Another instance may note the same ones, in another order: whoever comes second leaves them to the first. */
export async function noteUse(db: Db, table: UsedTable, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const free = db.selectFrom(table).select('id').where('id', 'in', ids).forNoKeyUpdate().skipLocked();
  await db.updateTable(table).set({ date_last_used: sql`clock_timestamp()` }).where('id', 'in', free).execute();
}
