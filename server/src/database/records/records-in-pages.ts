import type { OrgRecord, PagedKind, Unit } from '@rollcall/protocol';
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../database.ts';
import type { Schema } from '../schema.ts';
import { mapTables, recordTables } from './record-tables.ts';

/**
 * An organization's records a page at a time: no transaction is held while what was read is worked on. Pages are of different
 * moments then. A record that nothing changes meanwhile is in exactly one of them, since pages follow each other by keys
 * that never change.
 */

/** The number of records of each unit. */
export type RecordCounts = Readonly<Record<Unit, number>>;

export interface RecordExtent {
  readonly counts: RecordCounts;
  /** Bytes of all the settings of projects as JSON, which are long where rules are. */
  readonly settingsBytes: number;
}

/** Some 8 ms of parsing. */
const pageRecordsMax = 1_000;
export interface RecordsPage {
  readonly records: readonly OrgRecord[];
  /** Where the next page begins: after this id. Null when this was the last. */
  readonly after: string | null;
}

/** @param after an id, as a page gave it; null begins with the first */
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
  // A member without a user is an invite, or a request to join.
  const counts: Readonly<Record<Unit, RawBuilder<unknown>>> = {
    organization: sql`(SELECT count(*) FROM organizations WHERE id = ${orgId})`,
    ...mapTables(({ table, condition }) => count(table, condition)),
    member: count('members', sql`user_id IS NOT NULL`),
    invite: count('members', sql`user_id IS NULL AND invite_status <> 'requested_to_join'`),
    'join-request': count('members', sql`user_id IS NULL AND invite_status = 'requested_to_join'`),
  };
  const columns = Object.entries(counts).map(([unit, value]) => sql`${value} AS ${sql.ref(unit)}`);
  const { rows } = await sql<Record<Unit | 'settingsBytes', string>>`SELECT ${sql.join(columns)},
    (SELECT coalesce(sum(octet_length(settings::text)), 0) FROM project_settings WHERE organization_id = ${orgId}) AS "settingsBytes"
  `.execute(db);
  const { settingsBytes, ...texts } = rows[0]!;
  const numbers = Object.fromEntries(Object.entries(texts).map(([unit, text]) => [unit, Number(text)])) as RecordCounts;
  return { counts: numbers, settingsBytes: Number(settingsBytes) };
}
