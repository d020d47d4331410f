import { type OrgRecord, organizationSubject, type PagedKind, type Unit } from '@rollcall/protocol';
import { type RawBuilder, sql } from 'kysely';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';
import type { Schema } from '../schema.ts';
import { mapTables, recordTables } from './record-tables.ts';

/**
 * Reads an organization's records one page at a time, so that no transaction stays open while a
 * page is processed. Pages therefore show different moments. A record that does not change in
 * between is in exactly one page, because pages follow keys that never change.
 */

/** The number of records of each unit. */
export type RecordCounts = Readonly<Record<Unit, number>>;

export interface RecordExtent {
  readonly counts: RecordCounts;
  /** The size of all project settings as JSON, in bytes. Settings with rules are long. */
  readonly settingsBytes: number;
}

/** Parsing such a page takes about 8 ms. */
const pageRecordsMax = 1_000;
export interface RecordsPage {
  readonly records: readonly OrgRecord[];
  /** The id after which the next page begins. Null after the last page. */
  readonly after: string | null;
}

/** @param after the `after` of the previous page; null for the first page */
export async function readRecordsPage(db: Db, orgId: string, kind: PagedKind, after: string | null): Promise<RecordsPage> {
  const { table, columns, fromRow, key = ['id'], keyType = 'bigint', condition = sql`true`, ...row } = recordTables[kind];
  const limit = row.pageRecordsMax ?? pageRecordsMax;
  const keyColumns = sql.join(key.map((column) => sql.ref(column)));
  const startsAfter =
    after === null ? sql`true` : sql`(${keyColumns}) > (${sql.join(after.split(':').map((part) => castTo(part, keyType)))})`;
  const { rows } = await sql`
    SELECT ${sql.join(columns.map((column) => sql.ref(column)))} FROM ${sql.table(table)}
    WHERE organization_id = ${orgId} AND ${condition} AND ${startsAfter}
    ORDER BY ${keyColumns} LIMIT ${limit}`.execute(db);
  const records: readonly OrgRecord[] = rows.map((row) => fromRow(row));
  return { records, after: records.length < limit ? null : records.at(-1)!.id };
}

function castTo(text: string, type: 'bigint' | 'text') {
  return sql`${text}::${sql.raw(type)}`;
}

/** A record of one of several organizations. */
export interface OwnedRecord {
  readonly orgId: string;
  readonly record: OrgRecord;
}

/** Reads all records of a kind in several small organizations, in any order. */
export async function readRecordsOf(db: Db, orgIds: readonly string[], kind: PagedKind): Promise<OwnedRecord[]> {
  const { table, columns, fromRow, condition = sql`true` } = recordTables[kind];
  const { rows } = await sql<{ owner_id: string }>`
    SELECT organization_id AS owner_id, ${sql.join(columns.map((column) => sql.ref(column)))} FROM ${sql.table(table)}
    WHERE organization_id = ${anyOf('bigint', orgIds)} AND ${condition}`.execute(db);
  return rows.map(({ owner_id: orgId, ...row }) => ({ orgId, record: fromRow(row) }));
}

/** Counts the records of each of the organizations. */
export async function measureRecords(db: Db, orgIds: readonly string[]): Promise<ReadonlyMap<string, RecordExtent>> {
  const count = (table: keyof Schema, condition: RawBuilder<unknown> = sql`true`) =>
    sql`(SELECT count(*) FROM ${sql.table(table)} WHERE organization_id = measured.id AND ${condition})`;
  const { 'external-id': _, ...countsByKind } = mapTables(({ table, condition }) => count(table, condition));
  // A member without a user is an invite, or a request to join.
  const counts: Readonly<Record<Unit, RawBuilder<unknown>>> = {
    organization: sql`(SELECT count(*) FROM organizations WHERE id = measured.id)`,
    ...countsByKind,
    member: count('members', sql`user_id IS NOT NULL`),
    invite: count('members', sql`user_id IS NULL AND invite_status <> 'requested_to_join'`),
    'join-request': count('members', sql`user_id IS NULL AND invite_status = 'requested_to_join'`),
    'user-external-id': count('external_ids', sql`subject <> ${organizationSubject}`),
    'organization-external-id': count('external_ids', sql`subject = ${organizationSubject}`),
  };
  const columns = Object.entries(counts).map(([unit, value]) => sql`${value} AS ${sql.ref(unit)}`);
  const { rows } = await sql<{ measured_id: string } & Record<Unit | 'settingsBytes', string>>`
    SELECT measured.id AS measured_id, ${sql.join(columns)},
      (SELECT coalesce(sum(octet_length(settings::text)), 0) FROM project_settings WHERE organization_id = measured.id) AS "settingsBytes"
    FROM unnest(${orgIds}::bigint[]) AS measured (id)`.execute(db);
  return new Map(
    rows.map(({ measured_id: orgId, settingsBytes, ...texts }) => {
      const counted = Object.fromEntries(Object.entries(texts).map(([unit, text]) => [unit, Number(text)])) as RecordCounts;
      return [orgId, { counts: counted, settingsBytes: Number(settingsBytes) }];
    }),
  );
}
