import { sql } from 'kysely';
import { parseConsumerName } from '../../../consumers/checkpoints.ts';
import type { Db } from '../../../database/database.ts';
import { keptRevisionsMin, outletDaysMax, type PruneFacts } from '../../../domain/retention/prune-target.ts';

/**
 * Reads what the floor of a log depends on. The revisions after the floor are contiguous and their
 * times ascend, so a binary search finds the last one of an age. It reads some 20 rows of the
 * primary key, and the table needs no index by time.
 */
export async function loadPruneFacts(db: Db, orgId: string, historyDays: number): Promise<PruneFacts> {
  const { rows } = await sql<{ floor: string; head: string; aged: string }>`
    WITH RECURSIVE head AS (
      SELECT revision, floor_revision FROM org_heads WHERE organization_id = ${orgId}
    ), search (low, high) AS (
      SELECT floor_revision, greatest(floor_revision, revision - ${keptRevisionsMin}) FROM head
      UNION ALL
      SELECT CASE WHEN is_aged THEN middle ELSE low END, CASE WHEN is_aged THEN high ELSE middle - 1 END
      FROM search, LATERAL (SELECT (low + high + 1) / 2 AS middle) AS half, LATERAL (
        SELECT coalesce((
          SELECT committed_at < clock_timestamp() - make_interval(days => ${historyDays}) FROM change_log
          WHERE organization_id = ${orgId} AND revision = middle AND idx = 0
        ), false) AS is_aged
      ) AS found
      WHERE low < high
    )
    SELECT floor_revision AS floor, revision AS head, (SELECT max(low) FROM search WHERE low = high) AS aged FROM head`.execute(db);
  const [row] = rows;
  if (!row) return { floorRevision: 0, headRevision: 0, agedRevision: 0, outlets: [] };
  return {
    floorRevision: Number(row.floor),
    headRevision: Number(row.head),
    agedRevision: Number(row.aged),
    outlets: await loadOutlets(db, orgId),
  };
}

/** A position of another epoch moves to the head with the next delivery, so it holds nothing. */
async function loadOutlets(db: Db, orgId: string) {
  const { rows } = await sql<{ consumer: string; revision: string; isLate: boolean }>`
    SELECT consumer, log_consumers.revision, coalesce((
      SELECT committed_at < clock_timestamp() - make_interval(days => ${outletDaysMax}) FROM change_log
      WHERE change_log.organization_id = log_consumers.organization_id AND change_log.revision >= log_consumers.revision
      ORDER BY change_log.revision, idx LIMIT 1
    ), false) AS "isLate"
    FROM log_consumers JOIN org_heads USING (organization_id)
    WHERE organization_id = ${orgId} AND is_active AND log_consumers.epoch = org_heads.epoch::text`.execute(db);
  return rows.map(({ consumer, revision, isLate }) => ({ ...parseConsumerName(consumer), revision: Number(revision), isLate }));
}
