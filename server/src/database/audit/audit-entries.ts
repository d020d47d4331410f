import type { AuditEntryRecord } from '@rollcall/protocol';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import { anyOf } from '../any-of.ts';
import type { Db, Tx } from '../database.ts';
import { daysAgo } from '../days-ago.ts';
import type { Schema } from '../schema.ts';

/** Rows of the audit log. The newest ones are also records of the organization's state. */

export const auditColumns = [
  'id',
  'event',
  'actor_user_id',
  'actor_name',
  'target_user_id',
  'target_user_name',
  'target_object',
  'ip_address',
  'note',
  'data',
  'date_created',
  'is_live',
  'operator_name',
] as const;

type AuditRow = Pick<Selectable<Schema['audit_entries']>, (typeof auditColumns)[number]>;

export function auditEntryFromRow(row: AuditRow): AuditEntryRecord {
  return {
    id: row.id,
    event: row.event,
    actor: row.actor_name === null ? null : { id: row.actor_user_id, name: row.actor_name },
    ...(row.operator_name === null ? {} : { operator: { name: row.operator_name } }),
    targetUser: row.target_user_id === null ? null : { id: row.target_user_id, name: row.target_user_name ?? '' },
    targetObject: row.target_object,
    ipAddress: row.ip_address,
    note: row.note,
    data: row.data,
    dateCreated: row.date_created,
  };
}

/** Values that an entry has in addition to its event. */
export interface AuditFacts {
  /** The ids of the first entries. */
  readonly ids: readonly string[];
  readonly actorName: string | null;
}

/**
 * Columns of the statement that locks the organization. Commands have at most two entries, unless
 * they change many records.
 * @param actorTokenId the organization token that acts, if the actor is not a user
 */
export function nextAuditFacts(orgId: string, actorUserId: string | null, actorTokenId: string | null): RawBuilder<AuditFacts> {
  return sql<AuditFacts>`
    ARRAY[nextval('record_ids')::text, nextval('record_ids')::text] AS ids, coalesce(
      (SELECT coalesce(nullif(name, ''), email) FROM users WHERE id = ${actorUserId}::bigint),
      (SELECT name FROM auth_tokens WHERE organization_id = ${orgId} AND id = ${actorTokenId}::bigint)
    ) AS "actorName"`;
}

/**
 * A part of the statement that appends to the log.
 * @param entries as JSON
 * @param firstLive the index of the first entry that is part of the organization's state
 */
export function insertAuditEntries(orgId: string, entries: string, firstLive: number): RawBuilder<unknown> {
  return sql`
    INSERT INTO audit_entries (id, organization_id, event, actor_user_id, actor_name, target_user_id, target_user_name, target_object,
      ip_address, note, data, date_created, is_live, operator_name)
    SELECT entry.id, ${orgId}::bigint, entry.event, (entry.actor ->> 'id')::bigint, entry.actor ->> 'name',
      (entry."targetUser" ->> 'id')::bigint, entry."targetUser" ->> 'name', entry."targetObject",
      entry."ipAddress", entry.note, entry.data, entry."dateCreated", entry.number > ${firstLive}::bigint,
      entry.operator ->> 'name'
    FROM ROWS FROM (
      jsonb_to_recordset(${entries}::jsonb) AS (id bigint, event text, actor jsonb, operator jsonb, "targetUser" jsonb, "targetObject" bigint,
        "ipAddress" text, note text, data jsonb, "dateCreated" timestamptz)
    ) WITH ORDINALITY AS entry (id, event, actor, operator, "targetUser", "targetObject", "ipAddress", note, data, "dateCreated", number)`;
}

/** Removes the oldest entries from the organization's state. They stay in the audit log. */
export async function retireAuditEntries(tx: Tx, orgId: string, count: number): Promise<AuditEntryRecord[]> {
  const oldest = tx
    .selectFrom('audit_entries')
    .select('id')
    .where('organization_id', '=', orgId)
    .where('is_live', '=', true)
    .orderBy('id')
    .limit(count);
  const rows = await tx
    .updateTable('audit_entries')
    .set({ is_live: false })
    .where('organization_id', '=', orgId)
    .where('id', 'in', oldest)
    .returning(auditColumns)
    .execute();
  return rows.map(auditEntryFromRow);
}

/** A page of the whole audit log, in the order of ids, which begin above 0. */
export async function readAuditPage(db: Db, orgId: string, afterId: string, rowsMax: number): Promise<AuditEntryRecord[]> {
  const rows = await db
    .selectFrom('audit_entries')
    .select(auditColumns)
    .where('organization_id', '=', orgId)
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(rowsMax)
    .execute();
  return rows.map(auditEntryFromRow);
}

/** Entries of the organization's state that are older than a number of days. */
export async function readExpiredLiveEntries(db: Db, orgId: string, days: number): Promise<AuditEntryRecord[]> {
  const rows = await db
    .selectFrom('audit_entries')
    .select(auditColumns)
    .where('organization_id', '=', orgId)
    .where('is_live', '=', true)
    .where('date_created', '<', daysAgo(days))
    .orderBy('id')
    .execute();
  return rows.map(auditEntryFromRow);
}

/** Removes these entries from the organization's state. */
export async function retireEntries(tx: Tx, orgId: string, ids: readonly string[]): Promise<void> {
  await tx
    .updateTable('audit_entries')
    .set({ is_live: false })
    .where('organization_id', '=', orgId)
    .where('id', '=', anyOf('bigint', ids))
    .execute();
}

/** Entries that are part of the organization's state. */
export async function readLiveAuditEntries(db: Db, orgId: string): Promise<AuditEntryRecord[]> {
  const rows = await db
    .selectFrom('audit_entries')
    .select(auditColumns)
    .where('organization_id', '=', orgId)
    .where('is_live', '=', true)
    .orderBy('id')
    .execute();
  return rows.map(auditEntryFromRow);
}
