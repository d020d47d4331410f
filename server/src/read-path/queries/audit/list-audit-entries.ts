import type { AuditEntryRecord } from '@rollcall/protocol';
import { auditColumns, auditEntryFromRow } from '../../../database/audit/audit-entries.ts';
import type { Db } from '../../../database/database.ts';
import { type DateWindow, millisecondsOf } from '../window.ts';

/** A filter for the audit log of an organization, of any age (REST contract 11). */
export interface AuditEntryFilter {
  /** The name of an event. An unknown name matches nothing. */
  readonly event: string | null;
  readonly actorUserId: string | null;
  /** ISO 8601, inclusive. */
  readonly start: string | null;
  /** ISO 8601, exclusive. */
  readonly end: string | null;
}

const createdMs = millisecondsOf('date_created');

export async function listAuditEntries(db: Db, orgId: string, filter: AuditEntryFilter, window: DateWindow): Promise<AuditEntryRecord[]> {
  const direction = window.isPrevious ? 'asc' : 'desc';
  let query = db.selectFrom('audit_entries').select(auditColumns).where('organization_id', '=', orgId);
  if (filter.event !== null) query = query.where('event', '=', filter.event);
  if (filter.actorUserId !== null) query = query.where('actor_user_id', '=', filter.actorUserId);
  if (filter.start !== null) query = query.where('date_created', '>=', filter.start);
  if (filter.end !== null) query = query.where('date_created', '<', filter.end);
  if (window.value !== null) query = query.where(createdMs, window.isPrevious ? '>=' : '<=', window.value);
  const rows = await query.orderBy('date_created', direction).orderBy('id', direction).limit(window.limit).offset(window.offset).execute();
  return rows.map(auditEntryFromRow);
}
