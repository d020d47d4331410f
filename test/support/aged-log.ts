import { sql } from 'kysely';
import type { LogChange, LogEntry } from '../../protocol/src/index.ts';
import type { Db } from '../../server/src/database/database.ts';
import { readHeads } from '../../server/src/database/records/read-log.ts';
import { nextChain } from '../../server/src/domain/chain.ts';
import { aTeam } from './builders.ts';

/**
 * Appends revisions that create and remove the same team, as if they had been committed some days
 * ago. Their chain continues that of the log. An even number leaves the records as they are.
 */
export async function addAgedRevisions(db: Db, orgId: string, count: number, days: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.selectFrom('org_heads').select('revision').where('organization_id', '=', orgId).forUpdate().execute();
    const [head] = await readHeads(tx, [orgId]);
    const team = aTeam('aged', { id: '999999999' });
    let { revision, chain } = head!;
    const rows: object[] = [];
    for (let number = 0; number < count; number++) {
      const [before, after] = number % 2 === 0 ? [null, team] : [team, null];
      const change: LogChange = { kind: 'team', id: team.id, before, after };
      const entry: LogEntry = { orgId, revision: ++revision, command: 'aged', actor: 'system', requestId: null, changes: [change] };
      chain = nextChain(chain, entry);
      rows.push({ revision, before, after });
    }
    await sql`
      INSERT INTO change_log (organization_id, revision, idx, command, actor, kind, record_id, before, after, committed_at)
      SELECT ${orgId}::bigint, revision, 0, 'aged', 'system', 'team', ${team.id}, before, after,
        clock_timestamp() - make_interval(days => ${days})
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (revision bigint, before jsonb, after jsonb)`.execute(tx);
    await tx.updateTable('org_heads').set({ revision, chain }).where('organization_id', '=', orgId).execute();
  });
}

/** Makes all revisions of the organization so far older. */
export async function ageLog(db: Db, orgId: string, days: number): Promise<void> {
  await sql`UPDATE change_log SET committed_at = committed_at - make_interval(days => ${days}) WHERE organization_id = ${orgId}`.execute(
    db,
  );
}
