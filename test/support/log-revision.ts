import type { Client } from 'pg';
import type { LogChange, LogEntry } from '../../protocol/src/index.ts';
import { nextChain } from '../../server/src/domain/chain.ts';

/**
 * Logs a revision as another version of the server would, whose records have other fields or kinds.
 * No instance receives a notice of it.
 */
export async function logRevision(client: Client, orgId: string, changes: readonly LogChange[]): Promise<number> {
  const revision = await beginRevision(client, orgId, changes);
  await client.query('COMMIT');
  return revision;
}

/** The same, in a transaction that the caller commits. */
export async function beginRevision(client: Client, orgId: string, changes: readonly LogChange[]): Promise<number> {
  await client.query('BEGIN');
  const { rows } = await client.query('SELECT revision, chain FROM org_heads WHERE organization_id = $1 FOR UPDATE', [orgId]);
  const revision = Number(rows[0].revision) + 1;
  const entry: LogEntry = { orgId, revision, command: 'do-what-is-new', actor: 'system', requestId: null, changes };
  await client.query('UPDATE org_heads SET revision = $2, chain = $3 WHERE organization_id = $1', [
    orgId,
    revision,
    nextChain(rows[0].chain, entry),
  ]);
  for (const [idx, { kind, id, before, after }] of changes.entries()) {
    await client.query(
      `INSERT INTO change_log (organization_id, revision, idx, command, actor, request_id, kind, record_id, before, after)
       VALUES ($1, $2, $3, $4, $5, NULL, $6, $7, $8, $9)`,
      [orgId, revision, idx, entry.command, entry.actor, kind, id, before && JSON.stringify(before), after && JSON.stringify(after)],
    );
  }
  return revision;
}
