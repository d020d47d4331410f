import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../../../database/database.ts';
import { inMs, isUnclaimed, unclaimed } from '../../../database/leases.ts';
import type { Log } from '../../../runtime/log.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import { type Sweep, sweep } from '../../../runtime/tasks/sweep.ts';
import type { ExportCounts } from '../tables.ts';

/** The exports of organizations, and the pieces of their files. */

export interface StoredExport {
  readonly id: string;
  readonly dateCreated: string;
  readonly expiresAt: string;
  readonly status: 'running' | 'done' | 'failed';
  /** Null until the file is complete. So are the next three fields. */
  readonly revision: number | null;
  readonly counts: ExportCounts | null;
  readonly sha256: string | null;
  /** The size of the compressed file. */
  readonly bytes: number | null;
  readonly error: string | null;
}

/** Attempts at an export. The embedded database needs more than one if the organization changes. */
const exportAttemptsMax = 5;
/** Another instance begins the file again after this time. A piece takes far less. */
const leaseMs = 60_000;
/** The pause after an attempt that failed: the database failed, or the organization changed. */
const pauseMs = 1_000;

const columns = ['id', 'date_created', 'expires_at', 'finished_at', 'attempts', 'error', 'revision', 'counts', 'sha256', 'bytes'] as const;
const now = sql<string>`clock_timestamp()`;
const isExpired = sql<boolean>`expires_at <= now()`;
const isClaimable = sql<boolean>`finished_at IS NULL AND attempts < ${sql.lit(exportAttemptsMax)} AND expires_at > clock_timestamp()
  AND ${isUnclaimed}`;
/** The last attempt may still be in progress. */
const mayFinish = sql<boolean>`(attempts < ${exportAttemptsMax} OR coalesce(leased_until > clock_timestamp(), false))`;

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
    .select([...columns, mayFinish.as('may_finish')])
    .where('organization_id', '=', orgId)
    .where('expires_at', '>', now)
    .orderBy('date_created', 'desc')
    .limit(100)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    dateCreated: row.date_created,
    expiresAt: row.expires_at,
    status: row.finished_at !== null ? 'done' : row.may_finish ? 'running' : 'failed',
    revision: row.revision === null ? null : Number(row.revision),
    counts: row.counts,
    sha256: row.sha256,
    bytes: row.bytes === null ? null : Number(row.bytes),
    error: row.finished_at !== null ? null : (row.error ?? (row.may_finish ? null : 'The server ended while it wrote the file.')),
  }));
}

/** The seconds until the organization may be exported again. At most 0 if it may be now. */
export async function secondsToNextExport(tx: Tx, orgId: string, intervalSeconds: number): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    SELECT ${intervalSeconds} - extract(epoch FROM clock_timestamp() - max(date_created))::float8 AS seconds
    FROM exports WHERE organization_id = ${orgId} AND (finished_at IS NOT NULL OR ${mayFinish})`.execute(tx);
  return rows[0]?.seconds ?? 0;
}

/** An export that this instance writes. Its lease is a random text, which identifies the claim. */
export interface ClaimedExport {
  readonly id: string;
  readonly orgId: string;
  readonly withHistory: boolean;
  readonly lease: string;
}

/** Whether an export is requested that no instance writes. */
export const isExportRequested = sql<boolean>`EXISTS (SELECT FROM exports WHERE ${isClaimable})`;

/**
 * Begins an attempt at the oldest unfinished export that no instance writes, without the pieces of
 * the attempts before it.
 */
export async function claimExport(db: Db): Promise<ClaimedExport | null> {
  const lease = randomHex(16);
  const { rows } = await sql<{ id: string; organization_id: string; with_history: boolean }>`
    WITH due AS MATERIALIZED (
      SELECT organization_id, id FROM exports
      WHERE ${isClaimable}
      ORDER BY date_created LIMIT 1 FOR UPDATE SKIP LOCKED
    ), former AS (
      DELETE FROM export_pieces AS piece USING due WHERE piece.organization_id = due.organization_id AND export_id = due.id
    )
    UPDATE exports SET attempts = attempts + 1, error = NULL, lease = ${lease}, leased_until = ${inMs(leaseMs)}
    FROM due WHERE exports.organization_id = due.organization_id AND exports.id = due.id
    RETURNING exports.id, exports.organization_id, with_history`.execute(db);
  const [row] = rows;
  return row ? { id: row.id, orgId: row.organization_id, withHistory: row.with_history, lease } : null;
}

/** Stores a piece and extends the claim. False if the claim has ended. */
export async function insertPiece(db: Db, { id, orgId, lease }: ClaimedExport, number: number, bytes: Buffer): Promise<boolean> {
  const { rows } = await sql`
    WITH claimed AS (
      UPDATE exports SET leased_until = ${inMs(leaseMs)} WHERE organization_id = ${orgId} AND id = ${id} AND lease = ${lease}
      RETURNING organization_id, id
    )
    INSERT INTO export_pieces (organization_id, export_id, number, bytes)
    SELECT organization_id, id, ${number}::int, ${bytes}::bytea FROM claimed RETURNING number`.execute(db);
  return rows.length > 0;
}

export interface FinishedExport {
  readonly revision: number;
  readonly counts: ExportCounts;
  readonly sha256: string;
  readonly bytes: number;
}

/** Ends a claim whose file is complete. False if the claim has ended before. */
export async function finishExport(db: Db, claim: ClaimedExport, { revision, counts, sha256, bytes }: FinishedExport): Promise<boolean> {
  const values = { revision: String(revision), counts: JSON.stringify(counts), sha256, bytes: String(bytes), finished_at: now };
  const { numUpdatedRows } = await claimed(db, claim)
    .set({ ...values, ...unclaimed })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Ends a claim whose attempt failed. The next one begins after a pause. */
export async function failExport(db: Db, claim: ClaimedExport, error: string): Promise<void> {
  await claimed(db, claim)
    .set({ error, lease: null, leased_until: inMs(pauseMs) })
    .execute();
}

/** Ends a claim that the stop of the server interrupted. The attempt does not count. */
export async function releaseExport(db: Db, claim: ClaimedExport): Promise<void> {
  await claimed(db, claim)
    .set({ attempts: sql<number>`attempts - 1`, ...unclaimed })
    .execute();
}

function claimed(db: Db, { id, orgId, lease }: ClaimedExport) {
  return db.updateTable('exports').where('organization_id', '=', orgId).where('id', '=', id).where('lease', '=', lease);
}

/** Null after the last piece. */
export async function readPiece(db: Db, orgId: string, exportId: string, number: number): Promise<Buffer | null> {
  const row = await db
    .selectFrom('export_pieces')
    .select('bytes')
    .where('organization_id', '=', orgId)
    .where('export_id', '=', exportId)
    .where('number', '=', number)
    .executeTakeFirst();
  return row?.bytes ?? null;
}

/** Whether a file has expired. */
export const isExportExpired = sql<boolean>`EXISTS (SELECT FROM exports WHERE ${isExpired})`;

export function expiredExportsSweep(db: Db, log: Log): Sweep<RawBuilder<boolean>> {
  return sweep(log, { name: 'expired exports', every: isExportExpired, clean: () => deleteExpiredExports(db) });
}

export async function deleteExpiredExports(db: Db): Promise<void> {
  await db.deleteFrom('exports').where(isExpired).execute();
}

/**
 * Deletes the files of an organization, also those in progress, because they contain a person's
 * data that has been replaced since. An export that was not begun stays.
 */
export async function deleteBegunExports(tx: Tx, orgId: string): Promise<void> {
  await tx.deleteFrom('exports').where('organization_id', '=', orgId).where('attempts', '>', 0).execute();
}
