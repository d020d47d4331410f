import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { daysAgo } from '../../../database/days-ago.ts';

/** The revisions of a log that decide how much of it may be pruned. */
export interface LogAge {
  readonly floorRevision: number;
  readonly headRevision: number;
  /** The last revision that is older than a number of days. The floor if none is. */
  readonly agedRevision: number;
}

/**
 * Reads the age of a log. The revisions after the floor are contiguous and their times ascend, so a
 * binary search finds the last one of an age. It reads some 20 rows of the primary key, and the
 * table needs no index by time.
 * @param keptRevisions the newest revisions, which are left out
 * @returns null if there is no such log
 */
export async function readLogAge(db: Db, orgId: string, days: number, keptRevisions: number): Promise<LogAge | null> {
  const { rows } = await sql<{ floor: string; head: string; aged: string }>`
    WITH RECURSIVE head AS (
      SELECT revision, floor_revision FROM org_heads WHERE organization_id = ${orgId}
    ), search (low, high) AS (
      SELECT floor_revision, greatest(floor_revision, revision - ${keptRevisions}) FROM head
      UNION ALL
      SELECT CASE WHEN is_aged THEN middle ELSE low END, CASE WHEN is_aged THEN high ELSE middle - 1 END
      FROM search, LATERAL (SELECT (low + high + 1) / 2 AS middle) AS half, LATERAL (
        SELECT coalesce((
          SELECT committed_at < ${daysAgo(days)} FROM change_log
          WHERE organization_id = ${orgId} AND revision = middle AND idx = 0
        ), false) AS is_aged
      ) AS found
      WHERE low < high
    )
    SELECT floor_revision AS floor, revision AS head, (SELECT max(low) FROM search WHERE low = high) AS aged FROM head`.execute(db);
  const [row] = rows;
  return row ? { floorRevision: Number(row.floor), headRevision: Number(row.head), agedRevision: Number(row.aged) } : null;
}
