import { type OrgRecord, organizationSubject, type PagedKind, type Unit, units } from '@rollcall/protocol';
import { type RawBuilder, sql } from 'kysely';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';
import { prepared } from '../prepared.ts';
import { recordTables, tableKinds } from './record-tables.ts';

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
  return rows.map((row) => ({ orgId: row.owner_id, record: fromRow(row) }));
}

/** The unit of a row, in the tables of the kinds that have several. */
const unitsOfRows: { readonly [Kind in PagedKind]?: RawBuilder<unknown> } = {
  // A member without a user is an invite, or a request to join.
  member: sql`CASE WHEN user_id IS NOT NULL THEN 'member' WHEN invite_status = 'requested_to_join' THEN 'join-request' ELSE 'invite' END`,
  'external-id': sql`CASE WHEN subject = ${sql.lit(organizationSubject)} THEN 'organization-external-id' ELSE 'user-external-id' END`,
};

interface CountRow {
  readonly owner_id: string;
  readonly unit: Unit;
  readonly count: string;
  readonly settings_bytes: string;
}

/**
 * Each table is read once for all organizations. The list of them is one value, which PostgreSQL
 * doesn't know when it plans, so it keeps one plan for all lists.
 */
const selectCounts = prepared((db, orgIds: readonly string[]) => {
  const isMeasured = (column: string) => sql`${sql.ref(column)} = ANY ((SELECT ids FROM measured)::bigint[])`;
  const ofTables = tableKinds.map((kind) => {
    const { table, condition = sql`true` } = recordTables[kind];
    const bytes = kind === 'project-settings' ? sql`sum(octet_length(settings::text))` : sql`0`;
    return sql`SELECT organization_id, ${unitsOfRows[kind] ?? sql.lit(kind)}, count(*), ${bytes}
      FROM ${sql.table(table)} WHERE ${isMeasured('organization_id')} AND ${condition} GROUP BY 1, 2`;
  });
  return sql<CountRow>`
    WITH measured AS (SELECT ${orgIds}::bigint[] AS ids)
    SELECT id AS owner_id, 'organization' AS unit, 1::bigint AS count, 0::bigint AS settings_bytes
    FROM organizations WHERE ${isMeasured('id')}
    UNION ALL ${sql.join(ofTables, sql` UNION ALL `)}`.compile(db);
});

/** Counts the records of each of the organizations. */
export async function measureRecords(db: Db, orgIds: readonly string[]): Promise<ReadonlyMap<string, RecordExtent>> {
  const none = Object.fromEntries(units.map((unit) => [unit, 0])) as RecordCounts;
  const extents = new Map(orgIds.map((orgId): [string, RecordExtent] => [orgId, { counts: none, settingsBytes: 0 }]));
  for (const { owner_id: orgId, unit, count, settings_bytes: bytes } of await selectCounts(db, orgIds)) {
    const { counts, settingsBytes } = extents.get(orgId)!;
    extents.set(orgId, { counts: { ...counts, [unit]: Number(count) }, settingsBytes: settingsBytes + Number(bytes) });
  }
  return extents;
}
