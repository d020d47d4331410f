import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../../../database/database.ts';
import { daysAgo } from '../../../database/days-ago.ts';
import { batchRowsMax } from '../../../database/delete-in-batches.ts';
import { type RetentionNow, readRetentionNow } from './retention-now.ts';

/** The statements with which an organization's old rows are deleted, in batches. */

export async function raiseFloor(tx: Tx, orgId: string, floorRevision: number): Promise<void> {
  await tx.updateTable('org_heads').set({ floor_revision: floorRevision }).where('organization_id', '=', orgId).execute();
}

/**
 * The retention record, locked until the transaction ends. A command that switches the legal hold
 * on waits for that, so no row is deleted after its revision. If there is no record, locks the head
 * instead, because the command that creates the record needs that lock.
 */
export async function lockRetention(tx: Tx, orgId: string): Promise<RetentionNow> {
  if (!(await lockRow(tx, 'retentions', orgId))) await lockRow(tx, 'org_heads', orgId);
  return readRetentionNow(tx, orgId);
}

async function lockRow(tx: Tx, table: 'retentions' | 'org_heads', orgId: string): Promise<boolean> {
  const rows = await tx.selectFrom(table).select('organization_id').where('organization_id', '=', orgId).forShare().execute();
  return rows.length > 0;
}

/** A batch of changed or deleted rows. */
export interface Batch {
  readonly rows: number;
  /** Whether another batch has to follow. */
  readonly hasMore: boolean;
}

interface HistoryBatch extends Batch {
  /** The last revision in the batch. The next batch begins with it. */
  readonly lastRevision: number;
}

/**
 * Deletes entries up to the committed floor. The search begins at a revision, because an index scan
 * would otherwise pass over the deleted entries of all earlier batches.
 */
export async function deleteHistory(tx: Tx, orgId: string, fromRevision: number): Promise<HistoryBatch> {
  const { rows } = await sql<{ count: number; last: string }>`
    WITH gone AS (
      DELETE FROM change_log WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM change_log
        WHERE organization_id = ${orgId} AND revision >= ${fromRevision}
          AND revision <= (SELECT floor_revision FROM org_heads WHERE organization_id = ${orgId})
        ORDER BY revision, idx LIMIT ${batchRowsMax}
      )) RETURNING revision
    ) SELECT count(*)::integer AS count, coalesce(max(revision), 0) AS last FROM gone`.execute(tx);
  return { ...batchOf(rows[0]!.count), lastRevision: Number(rows[0]!.last) };
}

/** Deletes entries of the audit log that are not part of the state. */
export function deleteAuditEntries(tx: Tx, orgId: string, days: number): Promise<Batch> {
  return deleteRows(
    tx,
    sql`
    SELECT ctid FROM audit_entries WHERE organization_id = ${orgId} AND date_created < ${daysAgo(days)} AND NOT is_live
    ORDER BY date_created LIMIT ${batchRowsMax}`,
    'audit_entries',
  );
}

/** Deletes security events. @param orgId null for those of no organization */
export function deleteSecurityEvents(tx: Tx, orgId: string | null, days: number): Promise<Batch> {
  const isOf = orgId === null ? sql`organization_id IS NULL` : sql`organization_id = ${orgId}`;
  return deleteRows(
    tx,
    sql`
    SELECT ctid FROM security_events WHERE ${isOf} AND date_created < ${daysAgo(days)} ORDER BY date_created LIMIT ${batchRowsMax}`,
    'security_events',
  );
}

/** Deletes attempts of deliveries. */
export function deleteDeliveries(tx: Tx, orgId: string, days: number): Promise<Batch> {
  return deleteRows(
    tx,
    sql`
    SELECT ctid FROM deliveries WHERE organization_id = ${orgId} AND delivered_at < ${daysAgo(days)}
    ORDER BY delivered_at LIMIT ${batchRowsMax}`,
    'deliveries',
  );
}

/** Deletes the attempts of webhooks and integrations that were removed. */
export function deleteDeliveriesOfRemoved(tx: Tx, orgId: string): Promise<Batch> {
  // Each step of the recursion finds the next name in the index.
  return deleteRows(
    tx,
    sql`
    WITH RECURSIVE names AS (
      SELECT min(consumer) AS consumer FROM deliveries WHERE organization_id = ${orgId}
      UNION ALL
      SELECT (SELECT min(deliveries.consumer) FROM deliveries WHERE organization_id = ${orgId} AND deliveries.consumer > names.consumer)
      FROM names WHERE names.consumer IS NOT NULL
    )
    SELECT ctid FROM deliveries WHERE organization_id = ${orgId} AND consumer = ANY (ARRAY(
      SELECT consumer FROM names EXCEPT SELECT consumer FROM log_consumers WHERE organization_id = ${orgId}
    )) LIMIT ${batchRowsMax}`,
    'deliveries',
  );
}

async function deleteRows(db: Db, ctids: RawBuilder<unknown>, table: 'audit_entries' | 'deliveries' | 'security_events'): Promise<Batch> {
  const { numAffectedRows = 0n } = await sql`DELETE FROM ${sql.table(table)} WHERE ctid = ANY (ARRAY(${ctids}))`.execute(db);
  return batchOf(Number(numAffectedRows));
}

function batchOf(rows: number): Batch {
  return { rows, hasMore: rows === batchRowsMax };
}
