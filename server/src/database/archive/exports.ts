import { sql } from 'kysely';
import type { Db, Tx } from '../database.ts';
import type { ExportCounts } from './export-tables.ts';

/** The exports of organizations, and the pieces of their files. */

export interface StoredExport {
  readonly id: string;
  readonly dateCreated: string;
  readonly expiresAt: string;
  readonly status: 'running' | 'done' | 'failed';
  /** Null until the file is complete, as the next three. */
  readonly revision: number | null;
  readonly counts: ExportCounts | null;
  readonly sha256: string | null;
  /** The size of the compressed file. */
  readonly bytes: number | null;
  readonly error: string | null;
}

/** Attempts at an export. The next one begins within seconds. */
const exportAttemptsMax = 3;

const columns = ['id', 'date_created', 'expires_at', 'finished_at', 'attempts', 'error', 'revision', 'counts', 'sha256', 'bytes'] as const;
const now = sql<string>`clock_timestamp()`;

export interface NewExport {
  readonly id: string;
  readonly orgId: string;
  readonly requestedBy: string | null;
  readonly withHistory: boolean;
  /** ISO 8601. */
  readonly dateCreated: string;
  readonly storedHours: number;
}

export async function insertExport(tx: Tx, { id, orgId, requestedBy, withHistory, dateCreated, storedHours }: NewExport): Promise<void> {
  await tx
    .insertInto('exports')
    .values({
      ...{ id, organization_id: orgId, requested_by: requestedBy, with_history: withHistory, date_created: dateCreated },
      ...{ expires_at: sql<string>`${dateCreated}::timestamptz + make_interval(hours => ${storedHours})`, attempts: 0 },
    })
    .execute();
}

/** Newest first, without those that have expired. */
export async function readExports(db: Db, orgId: string): Promise<StoredExport[]> {
  const rows = await db
    .selectFrom('exports')
    .select(columns)
    .where('organization_id', '=', orgId)
    .where('expires_at', '>', now)
    .orderBy('date_created', 'desc')
    .limit(100)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    dateCreated: row.date_created,
    expiresAt: row.expires_at,
    status: row.finished_at !== null ? 'done' : row.attempts >= exportAttemptsMax ? 'failed' : 'running',
    revision: row.revision === null ? null : Number(row.revision),
    counts: row.counts,
    sha256: row.sha256,
    bytes: row.bytes === null ? null : Number(row.bytes),
    error: row.finished_at === null ? row.error : null,
  }));
}

/** The seconds until the organization may be exported again. 0 or less: now. */
export async function secondsToNextExport(tx: Tx, orgId: string, intervalSeconds: number): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    SELECT ${intervalSeconds} - extract(epoch FROM clock_timestamp() - max(date_created))::float8 AS seconds
    FROM exports WHERE organization_id = ${orgId} AND (finished_at IS NOT NULL OR attempts < ${exportAttemptsMax})`.execute(tx);
  return rows[0]?.seconds ?? 0;
}

export interface ClaimedExport {
  readonly id: string;
  readonly orgId: string;
  readonly withHistory: boolean;
}

/**
 * Counts an attempt at the oldest unfinished export that no transaction holds. The attempt itself
 * begins with `holdExport`.
 */
export async function claimExport(db: Db): Promise<ClaimedExport | null> {
  const { rows } = await sql<{ id: string; organization_id: string; with_history: boolean }>`
    WITH due AS MATERIALIZED (
      SELECT id FROM exports
      WHERE finished_at IS NULL AND attempts < ${exportAttemptsMax} AND expires_at > clock_timestamp()
      ORDER BY date_created LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE exports SET attempts = attempts + 1 FROM due WHERE exports.id = due.id
    RETURNING exports.id, organization_id, with_history`.execute(db);
  const [row] = rows;
  return row ? { id: row.id, orgId: row.organization_id, withHistory: row.with_history } : null;
}

/**
 * Whether the export is still unfinished, and no other transaction writes it. Its row stays locked
 * until the end of the transaction, also of one that a dead process left.
 */
export async function holdExport(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`SELECT FROM exports WHERE id = ${id} AND finished_at IS NULL FOR UPDATE SKIP LOCKED`.execute(tx);
  return rows.length > 0;
}

export async function insertPiece(tx: Tx, exportId: string, number: number, bytes: Buffer): Promise<void> {
  await tx.insertInto('export_pieces').values({ export_id: exportId, number, bytes }).execute();
}

export interface FinishedExport {
  readonly revision: number;
  readonly counts: ExportCounts;
  readonly sha256: string;
  readonly bytes: number;
}

export async function finishExport(tx: Tx, id: string, { revision, counts, sha256, bytes }: FinishedExport): Promise<void> {
  const values = { revision: String(revision), counts: JSON.stringify(counts), sha256, bytes: String(bytes), error: null };
  await tx
    .updateTable('exports')
    .set({ ...values, finished_at: now })
    .where('id', '=', id)
    .execute();
}

export async function failExport(db: Db, id: string, error: string): Promise<void> {
  await db.updateTable('exports').set({ error }).where('id', '=', id).execute();
}

/** Takes the count of an attempt back that the stop of the server interrupted. */
export async function releaseExport(db: Db, id: string): Promise<void> {
  await db.updateTable('exports').set({ attempts: sql<number>`attempts - 1` }).where('id', '=', id).execute();
}

/** Null after the last piece. */
export async function readPiece(db: Db, exportId: string, number: number): Promise<Buffer | null> {
  const row = await db
    .selectFrom('export_pieces')
    .select('bytes')
    .where('export_id', '=', exportId)
    .where('number', '=', number)
    .executeTakeFirst();
  return row?.bytes ?? null;
}

export async function deleteExpiredExports(db: Db): Promise<void> {
  await db.deleteFrom('exports').where('expires_at', '<=', now).execute();
}
