import { sql } from 'kysely';
import { oldestUnsentAt, parseConsumerName } from '../../../consumers/checkpoints.ts';
import type { Db } from '../../../database/database.ts';
import { daysAgo } from '../../../database/days-ago.ts';
import { readLogAge } from '../database/log-age.ts';
import { keptRevisionsMin, outletDaysMax, type PruneFacts } from '../domain/prune-target.ts';

/** Reads what the floor of a log depends on. */
export async function loadPruneFacts(db: Db, orgId: string, historyDays: number): Promise<PruneFacts> {
  const age = await readLogAge(db, orgId, historyDays, keptRevisionsMin);
  if (!age) return { floorRevision: 0, headRevision: 0, agedRevision: 0, outlets: [] };
  return { ...age, outlets: await loadOutlets(db, orgId) };
}

/** A position of another epoch moves to the head with the next delivery, so it holds nothing. */
async function loadOutlets(db: Db, orgId: string) {
  const { rows } = await sql<{ consumer: string; revision: string; isLate: boolean }>`
    SELECT consumer, log_consumers.revision, coalesce(${oldestUnsentAt} < ${daysAgo(outletDaysMax)}, false) AS "isLate"
    FROM log_consumers JOIN org_heads USING (organization_id)
    WHERE organization_id = ${orgId} AND is_active AND log_consumers.epoch = org_heads.epoch::text`.execute(db);
  return rows.map(({ consumer, revision, isLate }) => ({ ...parseConsumerName(consumer), revision: Number(revision), isLate }));
}
