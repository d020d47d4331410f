import type { LogChange, LogEntry } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../database/database.ts';
import { nextChain } from '../domain/chain.ts';
import type { LockedHead } from './lock-head.ts';

/** Write path 4/5: appends the changes to the log and raises the head, both in the command's transaction. */

export interface AppendedRevision {
  readonly entry: LogEntry;
  readonly chain: string;
}

export interface EntryOrigin {
  readonly command: string;
  readonly actor: string;
  readonly requestId: string | null;
}

export async function appendToLog(tx: Tx, head: LockedHead, origin: EntryOrigin, changes: readonly LogChange[]): Promise<AppendedRevision> {
  const entry: LogEntry = { orgId: head.orgId, revision: head.revision + 1, ...origin, changes };
  const chain = nextChain(head.chain, entry);
  // The changes travel as one value: the statement is the same however many there are.
  await sql`
    WITH raised AS (
      UPDATE org_heads SET revision = ${entry.revision}, chain = ${chain}, live_audit_entries = ${head.liveAuditEntries}
      WHERE organization_id = ${entry.orgId}
    )
    INSERT INTO change_log (organization_id, revision, idx, command, actor, request_id, kind, record_id, before, after)
    SELECT ${entry.orgId}::bigint, ${entry.revision}::bigint, change.number - 1, ${entry.command}::text, ${entry.actor}::text,
      ${entry.requestId}::text, change.kind, change.id, change.before, change.after
    FROM ROWS FROM (
      jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) AS (kind text, id text, before jsonb, after jsonb)
    ) WITH ORDINALITY AS change (kind, id, before, after, number)`.execute(tx);
  return { entry, chain };
}
