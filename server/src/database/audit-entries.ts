import type { AuditEntryRecord } from '@rollcall/protocol';
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './database.ts';
import { prepared } from './prepared.ts';
import type { Schema } from './schema.ts';

/** Rows of the audit log, as the records that the newest of them are. */

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
] as const;

type AuditRow = Pick<Selectable<Schema['audit_entries']>, (typeof auditColumns)[number]>;

export function auditEntryFromRow(row: AuditRow): AuditEntryRecord {
  return {
    id: row.id,
    event: row.event,
    actor: row.actor_name === null ? null : { id: row.actor_user_id, name: row.actor_name },
    targetUser: row.target_user_id === null ? null : { id: row.target_user_id, name: row.target_user_name ?? '' },
    targetObject: row.target_object,
    ipAddress: row.ip_address,
    note: row.note,
    data: row.data,
    dateCreated: row.date_created,
  };
}

export interface NewAuditEntries {
  readonly orgId: string;
  readonly actorUserId: string | null;
  /** The organization token that acts, where no user does. */
  readonly actorTokenId: string | null;
  readonly ipAddress: string | null;
  readonly now: string;
  readonly events: readonly {
    readonly event: string;
    readonly targetObject: string;
    readonly targetUserId: string | null;
    readonly note: string;
    readonly data: Readonly<Record<string, string>>;
  }[];
  /** The last so many of them become part of the state. */
  readonly liveCount: number;
}

/** Writes entries in one statement. Returns those that become part of the state, in their order. */
export async function insertAuditEntries(tx: Tx, entries: NewAuditEntries): Promise<AuditEntryRecord[]> {
  const { orgId, actorUserId, actorTokenId, ipAddress, now, events, liveCount } = entries;
  const rows = await insertEvents(tx, orgId, actorUserId, actorTokenId, ipAddress, now, JSON.stringify(events), events.length - liveCount);
  return rows.filter((row) => row.is_live).map(auditEntryFromRow);
}

const insertEvents = prepared(
  (
    db,
    orgId: string,
    actorUserId: string | null,
    actorTokenId: string | null,
    ipAddress: string | null,
    now: string,
    events: string,
    firstLive: number,
  ) =>
    sql<AuditRow>`
    INSERT INTO audit_entries (organization_id, event, actor_user_id, actor_name, target_user_id, target_user_name, target_object,
      ip_address, note, data, date_created, is_live)
    SELECT ${orgId}::bigint, happened.event, ${actorUserId}::bigint,
      coalesce(
        (SELECT coalesce(nullif(name, ''), email) FROM users WHERE id = ${actorUserId}::bigint),
        (SELECT name FROM auth_tokens WHERE id = ${actorTokenId}::bigint)
      ),
      happened."targetUserId", coalesce(nullif(users.name, ''), users.email), happened."targetObject",
      ${ipAddress}::text, happened.note, happened.data, ${now}::timestamptz, happened.number > ${firstLive}::bigint
    FROM ROWS FROM (
      jsonb_to_recordset(${events}::jsonb)
        AS (event text, "targetObject" bigint, "targetUserId" bigint, note text, data jsonb)
    ) WITH ORDINALITY AS happened (event, "targetObject", "targetUserId", note, data, number)
    LEFT JOIN users ON users.id = happened."targetUserId"
    ORDER BY happened.number
    RETURNING ${sql.join(auditColumns.map((column) => sql.ref(`audit_entries.${column}`)))}`.compile(db),
);

/** Takes the oldest entries out of the state. They stay in the audit log. */
export async function retireAuditEntries(tx: Tx, orgId: string, count: number): Promise<AuditEntryRecord[]> {
  const oldest = tx
    .selectFrom('audit_entries')
    .select('id')
    .where('organization_id', '=', orgId)
    .where('is_live', '=', true)
    .orderBy('id')
    .limit(count);
  const rows = await tx.updateTable('audit_entries').set({ is_live: false }).where('id', 'in', oldest).returning(auditColumns).execute();
  return rows.map(auditEntryFromRow);
}

/** Those that are part of the organization's state. */
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
