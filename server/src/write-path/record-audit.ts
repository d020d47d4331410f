import type { AuditEntryRecord, LogChange } from '@rollcall/protocol';
import { retireAuditEntries } from '../database/audit/audit-entries.ts';
import type { Tx } from '../database/database.ts';
import { operatorNameOf, userIdOf } from '../domain/actor.ts';
import type { AuditEvent } from '../domain/audit/audit.ts';
import { created, removed } from '../domain/changes.ts';
import type { CommandContext } from './command.ts';
import { allocateIds } from './load-state.ts';
import type { LockedHead } from './lock-head.ts';

/** Write path 4/5: the command's audit entries. `appendRevision` saves them with the log. */

/**
 * The state contains the newest entries, so that members who manage the organization see them live.
 * Older entries are read over REST. An entry has some 400 bytes, so 200 entries take 80 KB of a
 * feed and of a snapshot.
 */
const liveEntriesMax = 200;
/**
 * Entries that remain when the maximum is exceeded. So one command in a hundred removes the oldest
 * entries.
 */
const liveEntriesKept = 100;

export interface RecordedAudit {
  readonly entries: readonly AuditEntryRecord[];
  /** The index of the first entry that is part of the state. */
  readonly firstLive: number;
  readonly changes: readonly LogChange[];
  /** The new value in the head. */
  readonly liveAuditEntries: number;
}

/** @param ownChanges the command's, which may change earlier entries */
export async function recordAudit(
  tx: Tx,
  head: LockedHead,
  { orgId, actor, ipAddress, now }: CommandContext & { readonly ipAddress: string | null },
  ownChanges: readonly LogChange[],
  events: readonly AuditEvent[],
): Promise<RecordedAudit> {
  const { auditFacts: facts } = head;
  const earlier = ownChanges.filter(({ kind }) => kind === 'audit-entry');
  const liveBefore = head.liveAuditEntries - earlier.filter(({ after }) => after === null).length;
  if (events.length === 0) return { entries: [], firstLive: 0, changes: [], liveAuditEntries: liveBefore };
  const operatorName = operatorNameOf(actor);
  const ids = [...facts.ids, ...(await allocateIds(tx, events.length - facts.ids.length))];
  const entries = events.map(
    ({ event, targetObject, targetUser, note, data }, index): AuditEntryRecord => ({
      id: ids[index]!,
      event,
      actor: facts.actorName === null ? null : { id: userIdOf(actor), name: facts.actorName },
      ...(operatorName === null ? {} : { operator: { name: operatorName } }),
      targetUser,
      targetObject,
      ipAddress,
      note,
      data,
      dateCreated: now,
    }),
  );
  const firstLive = Math.max(0, entries.length - liveEntriesKept);
  const added = entries.slice(firstLive);
  const liveAuditEntries = liveBefore + added.length;
  const changes = added.map((entry) => created('audit-entry', entry));
  // The side effects of a command that changes entries save them later. The next command removes
  // the oldest ones.
  if (liveAuditEntries <= liveEntriesMax || earlier.length > 0) return { entries, firstLive, changes, liveAuditEntries };
  const retired = await retireAuditEntries(tx, orgId, liveAuditEntries - liveEntriesKept);
  const allChanges = [...changes, ...retired.map((entry) => removed('audit-entry', entry))];
  return { entries, firstLive, changes: allChanges, liveAuditEntries: liveEntriesKept };
}
