import type { AuditEntryRecord, LogChange, OrgRecord } from '@rollcall/protocol';
import { canonicalJson, kindsWithPersons } from '@rollcall/protocol';
import { sql } from 'kysely';
import { readAuditPage } from '../../../database/audit/audit-entries.ts';
import type { Db, Tx } from '../../../database/database.ts';
import { batchesOf } from '../../../runtime/tasks/batches-of.ts';
import { flatMapYielding, jsonYielding } from '../../../runtime/tasks/map-yielding.ts';

/** The statements that replace a person's data in an organization's rows, page by page. */

/** A page is one transaction. PostgreSQL needs some 10 ms for it. */
const pageRowsMax = 1_000;
/** Rows of one statement, which the driver copies at once. An audit entry has up to 20 KB. */
const rowsPerUpdateMax = 100;

/** Replaces the data of people. */
export interface Rewriter {
  text(text: string): string;
  isAbout(change: LogChange): boolean;
  auditEntry(entry: AuditEntryRecord): AuditEntryRecord;
  change(change: LogChange): LogChange;
}

/** A page that was rewritten. */
export interface Page<Position> {
  readonly changedRows: number;
  /** The position of the next page. Null after the last one. */
  readonly next: Position | null;
}

export type LogPosition = readonly [revision: string, idx: number];

/**
 * Rewrites a page of the log: its records of persons. The chain of the log remains that of the
 * former contents.
 * @param revisions gets the revisions about the people
 */
export async function redactLogPage(
  tx: Tx,
  orgId: string,
  [revision, idx]: LogPosition,
  rewriter: Rewriter,
  revisions: Set<string>,
): Promise<Page<LogPosition>> {
  const { rows } = await sql<{
    revision: string;
    idx: number;
    kind: string;
    id: string;
    before: OrgRecord | null;
    after: OrgRecord | null;
  }>`
    SELECT revision, idx, kind, record_id AS id, before, after FROM change_log
    WHERE organization_id = ${orgId} AND kind = any(${kindsWithPersons}::text[]) AND (revision, idx) > (${revision}::bigint, ${idx}::integer)
    ORDER BY revision, idx LIMIT ${pageRowsMax}`.execute(tx);
  const changed = await flatMapYielding(rows, (row) => {
    const change: LogChange = { kind: row.kind, id: row.id, before: row.before, after: row.after };
    if (rewriter.isAbout(change)) revisions.add(row.revision);
    const { before, after } = rewriter.change(change);
    const isSame = canonicalJson([before, after]) === canonicalJson([row.before, row.after]);
    return isSame ? [] : [{ revision: row.revision, idx: row.idx, before, after }];
  });
  for (const some of batchesOf(changed, rowsPerUpdateMax)) {
    await sql`
      UPDATE change_log SET before = redacted.before, after = redacted.after
      FROM jsonb_to_recordset(${await jsonYielding(some)}::jsonb) AS redacted (revision bigint, idx integer, before jsonb, after jsonb)
      WHERE change_log.organization_id = ${orgId} AND change_log.revision = redacted.revision AND change_log.idx = redacted.idx`.execute(
      tx,
    );
  }
  const last = rows.length < pageRowsMax ? null : rows.at(-1)!;
  return { changedRows: changed.length, next: last && [last.revision, last.idx] };
}

/** Rewrites a page of the audit log, by ids. */
export async function redactAuditPage(tx: Tx, orgId: string, afterId: string, rewriter: Rewriter): Promise<Page<string>> {
  const entries = await readAuditPage(tx, orgId, afterId, pageRowsMax);
  const changed = await flatMapYielding(entries, (entry) => {
    const after = rewriter.auditEntry(entry);
    return canonicalJson(after) === canonicalJson(entry) ? [] : [after];
  });
  await saveAuditEntries(tx, orgId, changed);
  return { changedRows: changed.length, next: entries.length < pageRowsMax ? null : entries.at(-1)!.id };
}

/** Saves entries whose names, addresses or texts were replaced. */
export async function saveAuditEntries(tx: Tx, orgId: string, entries: readonly AuditEntryRecord[]): Promise<void> {
  for (const some of batchesOf(entries, rowsPerUpdateMax)) {
    await sql`
      UPDATE audit_entries SET actor_name = entry.actor ->> 'name', target_user_name = entry."targetUser" ->> 'name',
        ip_address = entry."ipAddress", note = entry.note, data = entry.data
      FROM jsonb_to_recordset(${await jsonYielding(some)}::jsonb) AS entry (id bigint, actor jsonb, "targetUser" jsonb, "ipAddress" text,
        note text, data jsonb)
      WHERE audit_entries.organization_id = ${orgId} AND audit_entries.id = entry.id`.execute(tx);
  }
}

/**
 * Rewrites the responses and errors of a page of attempts to deliver. A receiver may respond with
 * all fields of an event, so the response to an event about the people is deleted.
 * @param revisions the revisions about the people
 */
export async function redactDeliveriesPage(
  tx: Tx,
  orgId: string,
  afterId: string,
  rewriter: Rewriter,
  revisions: ReadonlySet<string>,
): Promise<Page<string>> {
  const rows = await tx
    .selectFrom('deliveries')
    .select(['id', 'event_id', 'error', 'response'])
    .where('organization_id', '=', orgId)
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(pageRowsMax)
    .execute();
  const changed = await flatMapYielding(rows, ({ id, event_id, error, response }) => {
    // The id of an event is `<organization>.<revision>.<index>`.
    const isAbout = revisions.has(event_id.split('.')[1] ?? '');
    const after = { error: error && rewriter.text(error), response: isAbout ? null : response && rewriter.text(response) };
    return after.error === error && after.response === response ? [] : [{ id, after }];
  });
  for (const { id, after } of changed) {
    await tx.updateTable('deliveries').set(after).where('organization_id', '=', orgId).where('id', '=', id).execute();
  }
  return { changedRows: changed.length, next: rows.length < pageRowsMax ? null : rows.at(-1)!.id };
}

/**
 * Replaces the verified addresses in what the next attempt or reading replaces: the last errors of
 * webhooks, and the errors and readings of directories.
 */
export async function redactStates(tx: Tx, orgId: string, rewriter: Rewriter): Promise<void> {
  const consumers = await tx
    .selectFrom('log_consumers')
    .select(['consumer', 'last_error'])
    .where('organization_id', '=', orgId)
    .where('last_error', 'like', '%@%')
    .forUpdate()
    .execute();
  for (const { consumer, last_error } of consumers) {
    const after = { last_error: rewriter.text(last_error!) };
    if (after.last_error === last_error) continue;
    await tx.updateTable('log_consumers').set(after).where('organization_id', '=', orgId).where('consumer', '=', consumer).execute();
  }
  const readings = await tx
    .selectFrom('directory_reads')
    .select(['integration_id', 'drift', 'last_error'])
    .where('organization_id', '=', orgId)
    .forUpdate()
    .execute();
  for (const { integration_id, drift, last_error } of readings) {
    const texts = (_key: string, value: unknown) => (typeof value === 'string' ? rewriter.text(value) : value);
    const after = { drift: drift && JSON.stringify(drift, texts), last_error: last_error && rewriter.text(last_error) };
    if (after.drift === (drift && JSON.stringify(drift)) && after.last_error === last_error) continue;
    await tx
      .updateTable('directory_reads')
      .set(after)
      .where('organization_id', '=', orgId)
      .where('integration_id', '=', integration_id)
      .execute();
  }
}

/** Removes the former invites to the addresses. */
export async function removeSentInvites(db: Db, orgId: string, addresses: readonly string[]): Promise<void> {
  await sql`DELETE FROM sent_invites WHERE organization_id = ${orgId} AND lower(email) = any(${addresses}::text[])`.execute(db);
}
