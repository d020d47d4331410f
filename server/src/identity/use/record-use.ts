import { type RawBuilder, sql } from 'kysely';
import { anyOf } from '../../database/any-of.ts';
import type { Db } from '../../database/database.ts';

/**
 * The last use of a token or session. It is written at most once a minute, so that the reads of a
 * busy client do not all cause writes.
 */

export type UsedTable = 'auth_tokens' | 'sessions' | 'operator_tokens';

/** Records later that credentials were just authenticated: see `UseRecorder`. */
export type RecordUse = (table: UsedTable, ids: readonly string[]) => void;

/** For callers that verify a credential without a request. */
export const recordNoUse: RecordUse = () => {};

/** Whether a joined row of `table` was used within the last minute. */
export function wasUsedLately(table: UsedTable): RawBuilder<boolean> {
  return sql<boolean>`coalesce(${sql.ref(`${table}.date_last_used`)} > clock_timestamp() - interval '1 minute', false)`;
}

const always = sql<boolean>`true`;

/**
 * Records the use of credentials. Another instance may do so for the same rows in another order, so
 * rows that it has locked are skipped.
 * @param condition restricts the rows that are written
 */
export async function recordUse(db: Db, table: UsedTable, ids: readonly string[], condition = always): Promise<void> {
  if (ids.length === 0) return;
  const free = db.selectFrom(table).select('id').where('id', '=', anyOf('bigint', ids)).where(condition).forNoKeyUpdate().skipLocked();
  await db.updateTable(table).set({ date_last_used: sql`clock_timestamp()` }).where('id', 'in', free).execute();
}
