import { sql } from 'kysely';
import type { Db, Tx } from '../../../database/database.ts';
import { daysAgo } from '../../../database/days-ago.ts';
import { readLogAge } from './log-age.ts';

/** The age in days at which data is removed. Null: never. */
export interface RetentionDays {
  readonly auditDays: number | null;
  readonly historyDays: number;
  readonly deliveryDays: number;
  readonly personDays: number | null;
}

/** A number of rows, or of persons. */
export interface CountedRows {
  readonly count: number;
  /** Whether counting stopped at `count`. */
  readonly isMore: boolean;
}

export interface CountedRemovals {
  readonly auditEntries: CountedRows;
  readonly revisions: CountedRows;
  readonly deliveries: CountedRows;
  readonly persons: CountedRows;
}

/** PostgreSQL counts 100,000 index entries in about 50 ms. A larger number decides nothing more. */
const countMax = 100_000;
/** The time limit of each count, which takes less unless the database is overloaded. */
const timeoutMs = 3_000;

/**
 * Counts what a retention would remove now. Each count reads at most `countMax` rows of an index.
 * @param keptRevisions the newest revisions, which are never pruned
 * @throws OrgError `unavailable` if the database takes too long
 */
export function countRemovals(db: Db, orgId: string, days: RetentionDays, keptRevisions: number): Promise<CountedRemovals> {
  return db.transaction().execute(async (tx) => {
    await sql`SET LOCAL statement_timeout = ${sql.lit(timeoutMs)}`.execute(tx);
    const log = await readLogAge(tx, orgId, days.historyDays, keptRevisions);
    return {
      auditEntries: await countOlder(tx, orgId, days.auditDays, { table: 'audit_entries', date: 'date_created' }),
      revisions: { count: log ? log.agedRevision - log.floorRevision : 0, isMore: false },
      deliveries: await countOlder(tx, orgId, days.deliveryDays, { table: 'deliveries', date: 'delivered_at' }),
      persons: await countPersons(tx, orgId, days.personDays),
    };
  });
}

const none: CountedRows = { count: 0, isMore: false };

async function countOlder(
  tx: Tx,
  orgId: string,
  days: number | null,
  { table, date }: { readonly table: 'audit_entries' | 'deliveries'; readonly date: string },
): Promise<CountedRows> {
  if (days === null) return none;
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::integer AS count FROM (
      SELECT FROM ${sql.table(table)} WHERE organization_id = ${orgId} AND ${sql.ref(date)} < ${daysAgo(days)} LIMIT ${countMax + 1}
    ) AS older`.execute(tx);
  return capped(rows[0]!.count);
}

/**
 * Counts the removed members whose removal is at least `days` old. Reads only the newest audit
 * entries before that time.
 */
async function countPersons(tx: Tx, orgId: string, days: number | null): Promise<CountedRows> {
  if (days === null) return none;
  const { rows } = await sql<{ persons: number; entries: number }>`
    SELECT count(DISTINCT target_object) FILTER (WHERE event = 'member.remove')::integer AS persons, count(*)::integer AS entries FROM (
      SELECT event, target_object FROM audit_entries WHERE organization_id = ${orgId} AND date_created < ${daysAgo(days)}
      ORDER BY date_created DESC LIMIT ${countMax + 1}
    ) AS older`.execute(tx);
  const { persons, entries } = rows[0]!;
  return { count: persons, isMore: entries > countMax };
}

function capped(count: number): CountedRows {
  return { count: Math.min(count, countMax), isMore: count > countMax };
}
