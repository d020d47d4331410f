import type { LogChange, LogEntry } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../database/database.ts';
import { prepared } from '../database/prepared.ts';
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

/** The revision that these changes are, after the one that the head is at. */
export function nextRevision(head: LockedHead, origin: EntryOrigin, changes: readonly LogChange[]): AppendedRevision {
  const entry: LogEntry = { orgId: head.orgId, revision: head.revision + 1, ...origin, changes };
  return { entry, chain: nextChain(head.chain, entry) };
}

export async function appendToLog(tx: Tx, { entry, chain }: AppendedRevision, liveAuditEntries: number): Promise<void> {
  const { orgId, revision, command, actor, requestId, changes } = entry;
  await insertEntry(tx, orgId, revision, chain, liveAuditEntries, command, actor, requestId, JSON.stringify(changes));
}

/** The changes travel as one value: the statement is the same however many there are. */
const insertEntry = prepared(
  (
    db,
    orgId: string,
    revision: number,
    chain: string,
    liveAuditEntries: number,
    command: string,
    actor: string,
    requestId: string | null,
    changes: string,
  ) =>
    sql`
    WITH raised AS (
      UPDATE org_heads SET revision = ${revision}, chain = ${chain}, live_audit_entries = ${liveAuditEntries}
      WHERE organization_id = ${orgId}
    )
    INSERT INTO change_log (organization_id, revision, idx, command, actor, request_id, kind, record_id, before, after)
    SELECT ${orgId}::bigint, ${revision}::bigint, change.number - 1, ${command}::text, ${actor}::text,
      ${requestId}::text, change.kind, change.id, change.before, change.after
    FROM ROWS FROM (
      jsonb_to_recordset(${changes}::jsonb) AS (kind text, id text, before jsonb, after jsonb)
    ) WITH ORDINALITY AS change (kind, id, before, after, number)`.compile(db),
);
