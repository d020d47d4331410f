import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../database/database.ts';

/** When a token or session was last used: written at most once a minute, so that a busy client doesn't make each read a write. */

export type UsedTable = 'auth_tokens' | 'sessions';

/** Of a joined row. */
export function wasUsedLately(table: UsedTable): RawBuilder<boolean> {
  return sql<boolean>`coalesce(${sql.ref(`${table}.date_last_used`)} > clock_timestamp() - interval '1 minute', false)`;
}

const always = sql<boolean>`true`;

/**
 * Another instance may note the same ones, in another order: the later one leaves them to the first.
 * @param condition which of them are noted
 */
export async function noteUse(db: Db, table: UsedTable, ids: readonly string[], condition = always): Promise<void> {
  if (ids.length === 0) return;
  const free = db.selectFrom(table).select('id').where('id', 'in', ids).where(condition).forNoKeyUpdate().skipLocked();
  await db.updateTable(table).set({ date_last_used: sql`clock_timestamp()` }).where('id', 'in', free).execute();
}
