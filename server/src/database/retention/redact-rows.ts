import type { AuditEntryRecord, LogChange, OrgRecord } from '@rollcall/protocol';
import { canonicalJson } from '@rollcall/protocol';
import { sql } from 'kysely';
import { systemClock, yieldToLoop } from '../../runtime/clock.ts';
import { readAuditPage } from '../audit/audit-entries.ts';
import type { Db, Tx } from '../database.ts';

/** The statements that replace a person's data in an organization's rows, page by page. */

/** A page is one transaction. PostgreSQL needs some 10 ms for it. */
const pageRowsMax = 1_000;
/**
 * Rows that are compared in one event-loop turn. A pass has up to 100 persons, so that a row of 1
 * KB takes up to 2 ms.
 */
const rowsPerTurn = 10;

/** Replaces a person's data, wherever it finds it. */
export interface Rewriter {
  text(text: string): string;
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
 */
export async function redactLogPage(tx: Tx, orgId: string, [revision, idx]: LogPosition, rewriter: Rewriter): Promise<Page<LogPosition>> {
  const { rows } = await sql<{
    revision: string;
    idx: number;
    kind: string;
    id: string;
    before: OrgRecord | null;
    after: OrgRecord | null;
  }>`
    SELECT revision, idx, kind, record_id AS id, before, after FROM change_log
    WHERE organization_id = ${orgId} AND kind IN ('member', 'audit-entry', 'external-user', 'external-id') AND (revision, idx) > (${revision}::bigint, ${idx}::integer)
    ORDER BY revision, idx LIMIT ${pageRowsMax}`.execute(tx);
  const changed = await flatMapInTurns(rows, (row) => {
    const { before, after } = rewriter.change({ kind: row.kind, id: row.id, before: row.before, after: row.after } satisfies LogChange);
    const isSame = canonicalJson([before, after]) === canonicalJson([row.before, row.after]);
    return isSame ? [] : [{ revision: row.revision, idx: row.idx, before, after }];
  });
  if (changed.length > 0) {
    await sql`
      UPDATE change_log SET before = redacted.before, after = redacted.after
      FROM jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) AS redacted (revision bigint, idx integer, before jsonb, after jsonb)
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
  const changed = await flatMapInTurns(entries, (entry) => {
    const after = rewriter.auditEntry(entry);
    return canonicalJson(after) === canonicalJson(entry) ? [] : [after];
  });
  await saveAuditEntries(tx, orgId, changed);
  return { changedRows: changed.length, next: entries.length < pageRowsMax ? null : entries.at(-1)!.id };
}

/** Saves entries whose names, addresses or texts were replaced. */
export async function saveAuditEntries(tx: Tx, orgId: string, entries: readonly AuditEntryRecord[]): Promise<void> {
  if (entries.length === 0) return;
  await sql`
    UPDATE audit_entries SET actor_name = entry.actor ->> 'name', target_user_name = entry."targetUser" ->> 'name',
      ip_address = entry."ipAddress", note = entry.note, data = entry.data
    FROM jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) AS entry (id bigint, actor jsonb, "targetUser" jsonb, "ipAddress" text,
      note text, data jsonb)
    WHERE audit_entries.organization_id = ${orgId} AND audit_entries.id = entry.id`.execute(tx);
}

/** Rewrites the responses and errors of a page of attempts to deliver. */
export async function redactDeliveriesPage(tx: Tx, orgId: string, afterId: string, rewriter: Rewriter): Promise<Page<string>> {
  const rows = await tx
    .selectFrom('deliveries')
    .select(['id', 'error', 'response'])
    .where('organization_id', '=', orgId)
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(pageRowsMax)
    .execute();
  const changed = await flatMapInTurns(rows, ({ id, ...texts }) => {
    const after = { error: texts.error && rewriter.text(texts.error), response: texts.response && rewriter.text(texts.response) };
    return after.error === texts.error && after.response === texts.response ? [] : [{ id, after }];
  });
  for (const { id, after } of changed) {
    await tx.updateTable('deliveries').set(after).where('organization_id', '=', orgId).where('id', '=', id).execute();
  }
  return { changedRows: changed.length, next: rows.length < pageRowsMax ? null : rows.at(-1)!.id };
}

/**
 * Removes the former invites, the last error of webhooks, which the next attempt replaces, and
 * readings of directories, which the next reading replaces.
 */
export async function removeTraces(db: Db, orgId: string, addresses: readonly string[]): Promise<void> {
  await sql`DELETE FROM sent_invites WHERE organization_id = ${orgId} AND lower(email) = any(${addresses}::text[])`.execute(db);
  await sql`
    UPDATE log_consumers SET last_error = NULL WHERE organization_id = ${orgId}
      AND EXISTS (SELECT FROM unnest(${addresses}::text[]) AS address WHERE position(address IN lower(last_error)) > 0)`.execute(db);
  await sql`
    UPDATE directory_reads SET drift = NULL, last_error = NULL WHERE organization_id = ${orgId}
      AND EXISTS (SELECT FROM unnest(${addresses}::text[]) AS address WHERE position(address IN lower(drift::text || coalesce(last_error, ''))) > 0)`.execute(
    db,
  );
}

/** Maps some rows per event-loop turn, so that other work of the process runs in between. */
async function flatMapInTurns<Row, Result>(rows: readonly Row[], map: (row: Row) => readonly Result[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, row] of rows.entries()) {
    if (index > 0 && index % rowsPerTurn === 0) await yieldToLoop(systemClock);
    results.push(...map(row));
  }
  return results;
}
