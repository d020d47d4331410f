import type { AuditEntryRecord, LogChange } from '@rollcall/protocol';
import { type AuditFacts, insertAuditEntries, readFactsOfNextEntry, retireAuditEntries } from '../database/audit/audit-entries.ts';
import type { Tx } from '../database/database.ts';
import { pipeline } from '../database/transact.ts';
import { type Actor, userIdOf } from '../domain/actor.ts';
import type { AuditEvent } from '../domain/audit/audit.ts';
import { created, removed } from '../domain/changes.ts';
import type { CommandContext } from './command.ts';
import { takeIds } from './load-state.ts';
import type { LockedHead } from './lock-head.ts';

/**
 * Write path 3/5, second half: tells the audit log what the command did, in its own transaction.
 */

/**
 * The state holds the newest entries, so that those who manage the organization see them live;
 * older ones are read over REST. At some 400 bytes each, 200 are 80 KB of a feed's memory and of a
 * manager's snapshot.
 */
const liveEntriesMax = 200;
/**
 * So many stay when there would be more: one command in a hundred pays for taking the oldest out.
 */
const liveEntriesKept = 100;

export interface RecordedAudit {
  readonly changes: readonly LogChange[];
  /** As the head must say from now on. */
  readonly liveAuditEntries: number;
}

/**
 * Read before it is known whether there will be an entry: it then goes with the lock, and costs no
 * way of its own to PostgreSQL.
 */
export function readAuditFacts(tx: Tx, actor: Actor): Promise<AuditFacts> {
  return readFactsOfNextEntry(tx, userIdOf(actor), actor.kind === 'org-token' ? actor.tokenId : null);
}

export async function recordAudit(
  tx: Tx,
  head: LockedHead,
  { orgId, actor, ipAddress, now }: CommandContext & { readonly ipAddress: string | null },
  facts: AuditFacts,
  events: readonly AuditEvent[],
): Promise<RecordedAudit> {
  if (events.length === 0) return { changes: [], liveAuditEntries: head.liveAuditEntries };
  const ids = [facts.id, ...(await takeIds(tx, events.length - 1))];
  const entries = events.map(
    ({ event, targetObject, targetUser, note, data }, index): AuditEntryRecord => ({
      id: ids[index]!,
      event,
      actor: facts.actorName === null ? null : { id: userIdOf(actor), name: facts.actorName },
      targetUser,
      targetObject,
      ipAddress,
      note,
      data,
      dateCreated: now,
    }),
  );
  pipeline(insertAuditEntries(tx, orgId, entries, liveEntriesKept));
  const added = entries.slice(-liveEntriesKept);
  const liveAuditEntries = head.liveAuditEntries + added.length;
  const changes = added.map((entry) => created('audit-entry', entry));
  if (liveAuditEntries <= liveEntriesMax) return { changes, liveAuditEntries };
  const retired = await retireAuditEntries(tx, orgId, liveAuditEntries - liveEntriesKept);
  return { changes: [...changes, ...retired.map((entry) => removed('audit-entry', entry))], liveAuditEntries: liveEntriesKept };
}
