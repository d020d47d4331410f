import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { oldestUnsentAt } from './checkpoints.ts';

/** The age in seconds of the oldest revision that an active consumer has not received. */
export async function readBehindSeconds(db: Db): Promise<number> {
  const { rows } = await sql<{ behind: number }>`
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - ${oldestUnsentAt})), 0)::float8 AS behind
    FROM log_consumers JOIN org_heads USING (organization_id)
    WHERE is_active AND log_consumers.revision <= org_heads.revision`.execute(db);
  return rows[0]!.behind;
}

/** The organizations with an active consumer. */
export async function readOrgIdsWithConsumers(db: Db): Promise<Set<string>> {
  const rows = await db.selectFrom('log_consumers').select('organization_id').distinct().where('is_active', '=', true).execute();
  return new Set(rows.map(({ organization_id }) => organization_id));
}
