import type { LogChange, LogEntry, SavedKind } from '@rollcall/protocol';
import { sql } from 'kysely';
import { insertAuditEntries } from '../database/audit/audit-entries.ts';
import type { Tx } from '../database/database.ts';
import { prepared } from '../database/prepared.ts';
import { deleteRecords, putRecordsOf, type RowsOfKind, removedRecordsOf, upsertRecords } from '../database/records/records-write.ts';
import { pipeline } from '../database/transact.ts';
import { nextChain, nextChainInSteps } from '../domain/chain.ts';
import { systemClock, yieldToLoop } from '../runtime/clock.ts';
import { jsonYielding, mapYielding } from '../runtime/tasks/map-yielding.ts';
import type { LockedHead } from './lock-head.ts';
import type { RecordedAudit } from './record-audit.ts';

/**
 * Write path 4/5: saves the changed records, appends the changes to the log and advances the head,
 * all in the command's transaction.
 */

export interface AppendedRevision {
  readonly entry: LogEntry;
  readonly chain: string;
  readonly epoch: string;
  /** The size of the changes, as JSON. */
  readonly changesBytes: number;
  /** The size of the changes and the audit entries, as JSON. */
  readonly bytes: number;
}

export interface EntryOrigin {
  readonly command: string;
  readonly actor: string;
  readonly requestId: string | null;
}

/** The changes and audit entries that are encoded without a pause, in some 3 ms. */
export const changesPerTurnMax = 500;

/**
 * Appends the revision after the head's, and saves the records and the audit entries, without
 * waiting for the statements. Returns null if nothing changed (rule W3), and a promise if there are
 * so many changes that other work of the process is done before the statements are sent.
 * @param ownChanges those that are not audit entries
 */
export function appendRevision(
  tx: Tx,
  head: LockedHead,
  origin: EntryOrigin,
  ownChanges: readonly LogChange[],
  audit: RecordedAudit,
): AppendedRevision | null | Promise<AppendedRevision> {
  const changes = [...ownChanges, ...audit.changes];
  if (changes.length === 0) return null;
  const entry: LogEntry = { orgId: head.orgId, revision: head.revision + 1, ...origin, changes };
  const revision: NewRevision = { head, entry, audit, removed: removedRecordsOf(ownChanges), put: putRecordsOf(ownChanges) };
  if (changes.length + audit.entries.length > changesPerTurnMax) return encodeYielding(revision).then((texts) => send(tx, revision, texts));
  return send(tx, revision, encode(revision));
}

interface NewRevision {
  readonly head: LockedHead;
  readonly entry: LogEntry;
  readonly audit: RecordedAudit;
  readonly removed: readonly RowsOfKind[];
  readonly put: readonly RowsOfKind[];
}

/** The chain, and the values of the statements as JSON. */
interface RevisionTexts {
  readonly chain: string;
  readonly log: string;
  readonly entries: string;
  readonly removed: readonly string[];
  readonly put: readonly string[];
}

function encode({ head, entry, audit, removed, put }: NewRevision): RevisionTexts {
  const textOf = ({ rows }: RowsOfKind) => JSON.stringify(rows);
  return {
    chain: nextChain(head.chain, entry),
    log: JSON.stringify(entry.changes),
    entries: JSON.stringify(audit.entries),
    removed: removed.map(textOf),
    put: put.map(textOf),
  };
}

/** The same texts. */
async function encodeYielding({ head, entry, audit, removed, put }: NewRevision): Promise<RevisionTexts> {
  const textsOf = async (kinds: readonly RowsOfKind[]) => {
    const texts: string[] = [];
    for (const { rows } of kinds) texts.push(await jsonYielding(rows));
    return texts;
  };
  const chain = await nextChainInSteps(head.chain, entry, mapYielding);
  const log = await jsonYielding(entry.changes);
  const entries = await jsonYielding(audit.entries);
  const texts = { chain, log, entries, removed: await textsOf(removed), put: await textsOf(put) };
  // The driver copies all of them when they are sent.
  await yieldToLoop(systemClock);
  return texts;
}

function send(tx: Tx, { head, entry, audit, removed, put }: NewRevision, texts: RevisionTexts): AppendedRevision {
  const { orgId, revision, command, actor, requestId } = entry;
  const { liveAuditEntries, firstLive } = audit;
  const { chain, log, entries } = texts;
  pipeline(Promise.all(removed.map(({ kind }, index) => deleteRecords(tx, orgId, kind, texts.removed[index]!))));
  const append = appendWith(put.map(({ kind }) => kind));
  pipeline(append(tx, orgId, revision, chain, liveAuditEntries, entries, firstLive, command, actor, requestId, log, ...texts.put));
  const changesBytes = Buffer.byteLength(log);
  return { entry, chain, epoch: head.epoch, changesBytes, bytes: changesBytes + Buffer.byteLength(entries) };
}

/** The statements so far, by the kinds of records that they save. */
const appends = new Map<string, ReturnType<typeof prepareAppend>>();

function appendWith(kinds: readonly SavedKind[]): ReturnType<typeof prepareAppend> {
  const key = kinds.join();
  const append = appends.get(key) ?? prepareAppend(kinds);
  appends.set(key, append);
  return append;
}

/**
 * One statement costs PostgreSQL and this process less than one per table. The changes are one
 * parameter, and so are the audit entries and the records of each kind, so that the statement is
 * the same for any number of them.
 */
function prepareAppend(kinds: readonly SavedKind[]) {
  return prepared(
    (
      db,
      orgId: string,
      revision: number,
      chain: string,
      liveAuditEntries: number,
      entries: string,
      firstLive: number,
      command: string,
      actor: string,
      requestId: string | null,
      changes: string,
      ...rows: readonly string[]
    ) => {
      const saved = kinds.map((kind, index) => sql`, ${sql.id(`saved ${kind}`)} AS (${upsertRecords(kind, orgId, rows[index]!)})`);
      return sql`
    WITH raised AS (
      UPDATE org_heads SET revision = ${revision}, chain = ${chain}, live_audit_entries = ${liveAuditEntries}
      WHERE organization_id = ${orgId}
    ), audited AS (${insertAuditEntries(orgId, entries, firstLive)})${sql.join(saved, sql``)}
    INSERT INTO change_log (organization_id, revision, idx, command, actor, request_id, kind, record_id, before, after)
    SELECT ${orgId}::bigint, ${revision}::bigint, change.number - 1, ${command}::text, ${actor}::text,
      ${requestId}::text, change.kind, change.id, change.before, change.after
    FROM ROWS FROM (
      jsonb_to_recordset(${changes}::jsonb) AS (kind text, id text, before jsonb, after jsonb)
    ) WITH ORDINALITY AS change (kind, id, before, after, number)`.compile(db);
    },
  );
}
