import { type OrgRecord, organizationSubject, type PagedKind, type Unit } from '@rollcall/protocol';
import { type RawBuilder, sql } from 'kysely';
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

export async function measureRecords(db: Db, orgId: string): Promise<RecordExtent> {
  const count = (table: keyof Schema, condition: RawBuilder<unknown> = sql`true`) =>
    sql`(SELECT count(*) FROM ${sql.table(table)} WHERE organization_id = ${orgId} AND ${condition})`;
  const { 'external-id': _, ...countsByKind } = mapTables(({ table, condition }) => count(table, condition));
  // A member without a user is an invite, or a request to join.
  const counts: Readonly<Record<Unit, RawBuilder<unknown>>> = {
    organization: sql`(SELECT count(*) FROM organizations WHERE id = ${orgId})`,
    ...countsByKind,
    member: count('members', sql`user_id IS NOT NULL`),
    invite: count('members', sql`user_id IS NULL AND invite_status <> 'requested_to_join'`),
    'join-request': count('members', sql`user_id IS NULL AND invite_status = 'requested_to_join'`),
    'user-external-id': count('external_ids', sql`subject <> ${organizationSubject}`),
    'organization-external-id': count('external_ids', sql`subject = ${organizationSubject}`),
  };
  const columns = Object.entries(counts).map(([unit, value]) => sql`${value} AS ${sql.ref(unit)}`);
  const { rows } = await sql<Record<Unit | 'settingsBytes', string>>`SELECT ${sql.join(columns)},
    (SELECT coalesce(sum(octet_length(settings::text)), 0) FROM project_settings WHERE organization_id = ${orgId}) AS "settingsBytes"
  `.execute(db);
  const { settingsBytes, ...texts } = rows[0]!;
  const numbers = Object.fromEntries(Object.entries(texts).map(([unit, text]) => [unit, Number(text)])) as RecordCounts;
  return { counts: numbers, settingsBytes: Number(settingsBytes) };
}
