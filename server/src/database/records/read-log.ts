import type { LogChange, LogEntry, OrgRecord } from '@rollcall/protocol';
import { type SelectQueryBuilder, sql } from 'kysely';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';
import { sealColumns, sealTables } from '../installation/seal.ts';
import type { SealReading } from '../installation/seal-reading.ts';
import { prepared } from '../prepared.ts';
import type { Schema } from '../schema.ts';

export interface Head {
  readonly orgId: string;
  readonly epoch: string;
  readonly revision: number;
  /** The oldest revision whose successor is still in the log. Older cursors need a snapshot. */
  readonly floorRevision: number;
  readonly chain: string;
}

const headColumns = ['organization_id', 'epoch', 'revision', 'floor_revision', 'chain'] as const;

export interface HeadRow {
  organization_id: string;
  epoch: string;
  revision: string;
  floor_revision: string;
  chain: string;
}

export function headFromRow(row: HeadRow): Head {
  return {
    orgId: row.organization_id,
    epoch: row.epoch,
    revision: Number(row.revision),
    floorRevision: Number(row.floor_revision),
    chain: row.chain,
  };
}

/** Reads the heads of many organizations in one query. Unknown organizations are absent. */
export async function readHeads(db: Db, orgIds: readonly string[]): Promise<Head[]> {
  return orgIds.length === 0 ? [] : (await selectHeads(db, orgIds)).map(headFromRow);
}

const selectHeads = prepared((db, orgIds: readonly string[]) =>
  db.selectFrom('org_heads').select(headColumns).where('organization_id', '=', anyOf('bigint', orgIds)).compile(),
);

/** As `readHeads`, with the seal as the same statement sees it. */
export async function readHeadsWithSeal(
  db: Db,
  orgIds: readonly string[],
): Promise<{ readonly heads: readonly Head[]; readonly reading: SealReading }> {
  const rows = await selectHeadsWithSeal(db, orgIds);
  return { heads: rows.flatMap((row) => (row.organization_id === null ? [] : headFromRow(row as HeadRow))), reading: rows[0]! };
}

const selectHeadsWithSeal = prepared((db, orgIds: readonly string[]) =>
  sql<SealReading & (HeadRow | { readonly [column in keyof HeadRow]: null })>`
    SELECT ${sealColumns}, head.organization_id, head.epoch, head.revision, head.floor_revision, head.chain
    FROM ${sealTables} LEFT JOIN org_heads AS head ON head.organization_id = ANY (${orgIds}::bigint[])`.compile(db),
);

/** An entry with the time at which it was committed, in ISO 8601. */
export interface CommittedEntry extends LogEntry {
  readonly committedAt: string;
}

/**
 * The changes of a page whose events are made without a pause, in about 15 ms. Revisions of an
 * import have 500 changes each. See `readEntries` for the end of a page.
 */
export const eventPageChangesMax = 1_000;

/** The rows of one statement. The driver parses all of them that have arrived without a pause. */
const rowsPerStatementMax = 2_000;

/**
 * Entries after `fromRevision`, up to and including `toRevision`, in order.
 * @param changesMax ends the list with the entry in which the changes after its first revision
 * exceed this number. The list has at least two entries, if there are two.
 */
export async function readEntries(
  db: Db,
  orgId: string,
  fromRevision: number,
  toRevision: number,
  changesMax: number | null = null,
): Promise<CommittedEntry[]> {
  const inRange = (after: number) =>
    db
      .selectFrom('change_log')
      .where('organization_id', '=', orgId)
      .where('revision', '>', String(after))
      .where('revision', '<=', String(toRevision));
  const lastRevision = (offset: number) =>
    inRange(fromRevision + 1)
      .select('revision')
      .orderBy('revision')
      .orderBy('idx')
      .offset(offset)
      .limit(1);
  const query = inRange(fromRevision)
    .select(['revision', 'idx', 'command', 'actor', 'request_id', 'kind', 'record_id', 'before', 'after', 'committed_at'])
    .$if(changesMax !== null, (query) =>
      query.where((eb) => eb('revision', '<=', eb.fn.coalesce(lastRevision(changesMax!), eb.val(String(toRevision))))),
    )
    .orderBy('revision')
    .orderBy('idx');
  // Without a common snapshot, later parts could lack rows.
  const rows = db.isTransaction ? await readInParts(query) : await query.execute();
  const entries: CommittedEntry[] = [];
  let changes: LogChange[] = [];
  for (const row of rows) {
    const revision = Number(row.revision);
    if (entries.at(-1)?.revision !== revision) {
      changes = [];
      const { command, actor, request_id: requestId, committed_at: committedAt } = row;
      entries.push({ orgId, revision, command, actor, requestId, changes, committedAt });
    }
    changes.push({ kind: row.kind, id: row.record_id, before: row.before as OrgRecord | null, after: row.after as OrgRecord | null });
  }
  return entries;
}

/** Reads the rows of a query that is sorted by revision and index. */
async function readInParts<Row extends { readonly revision: string; readonly idx: number }>(
  query: SelectQueryBuilder<Schema, 'change_log', Row>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const last = rows.at(-1);
    const rest = last ? query.where(sql<boolean>`(revision, idx) > (${last.revision}::bigint, ${last.idx}::int)`) : query;
    const part = (await rest.limit(rowsPerStatementMax).execute()) as Row[];
    for (const row of part) rows.push(row);
    if (part.length < rowsPerStatementMax) return rows;
  }
}
