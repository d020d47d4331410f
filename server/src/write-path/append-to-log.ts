import type { LogChange, LogEntry } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../database/database.ts';
import { prepared } from '../database/prepared.ts';
import { pipeline } from '../database/transact.ts';
import { nextChain } from '../domain/chain.ts';
import type { LockedHead } from './lock-head.ts';

/**
 * Write path 4/5: appends the changes to the log and advances the head, both in the command's
 * transaction.
 */

export interface AppendedRevision {
  readonly entry: LogEntry;
  readonly chain: string;
  readonly epoch: string;
}

export interface EntryOrigin {
  readonly command: string;
  readonly actor: string;
  readonly requestId: string | null;
}

/**
 * Appends the revision after the head's, without waiting for the statement. Returns null if nothing
 * changed (rule W3).
 */
export function appendRevision(
  tx: Tx,
  head: LockedHead,
  origin: EntryOrigin,
  changes: readonly LogChange[],
  liveAuditEntries: number,
): AppendedRevision | null {
  if (changes.length === 0) return null;
  const entry: LogEntry = { orgId: head.orgId, revision: head.revision + 1, ...origin, changes };
  const chain = nextChain(head.chain, entry);
  const { orgId, revision, command, actor, requestId } = entry;
  pipeline(insertEntry(tx, orgId, revision, chain, liveAuditEntries, command, actor, requestId, JSON.stringify(changes)));
  return { entry, chain, epoch: head.epoch };
}

/** The changes are one parameter, so that the statement is the same for any number of them. */
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
