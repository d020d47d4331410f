import type { LogChange, LogEntry } from '@rollcall/protocol';
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

/** Rows per INSERT: 9 columns, far below PostgreSQL's 65,535 parameters. */
const rowsPerStatementMax = 1_000;

export async function appendToLog(tx: Tx, head: LockedHead, origin: EntryOrigin, changes: readonly LogChange[]): Promise<AppendedRevision> {
  const entry: LogEntry = { orgId: head.orgId, revision: head.revision + 1, ...origin, changes };
  const chain = nextChain(head.chain, entry);
  const rows = changes.map((change, idx) => ({
    organization_id: entry.orgId,
    revision: entry.revision,
    idx,
    command: entry.command,
    actor: entry.actor,
    request_id: entry.requestId,
    kind: change.kind,
    record_id: change.id,
    before: change.before && JSON.stringify(change.before),
    after: change.after && JSON.stringify(change.after),
  }));
  for (let start = 0; start < rows.length; start += rowsPerStatementMax) {
    await tx
      .insertInto('change_log')
      .values(rows.slice(start, start + rowsPerStatementMax))
      .execute();
  }
  await tx.updateTable('org_heads').set({ revision: entry.revision, chain }).where('organization_id', '=', entry.orgId).execute();
  return { entry, chain };
}
