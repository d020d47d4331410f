import type { ResponseOf, securityEventShape } from '@rollcall/protocol/rest/shapes';
import type { Db } from '../../../database/database.ts';
import { eventColumns, matches, type SecurityEventCondition, type SecurityEventRow } from '../../../database/security/security-events.ts';
import { type DateWindow, millisecondsOf } from '../window.ts';

export type ShownSecurityEvent = ResponseOf<typeof securityEventShape>;

/** A filter for the security events of an organization, of any age (REST contract 11.2). */
export interface SecurityEventFilter extends SecurityEventCondition {
  /** ISO 8601, inclusive. */
  readonly start: string | null;
  /** ISO 8601, exclusive. */
  readonly end: string | null;
}

const createdMs = millisecondsOf('date_created');

export async function listSecurityEvents(
  db: Db,
  orgId: string,
  filter: SecurityEventFilter,
  window: DateWindow,
): Promise<ShownSecurityEvent[]> {
  const direction = window.isPrevious ? 'asc' : 'desc';
  let query = db.selectFrom('security_events').select(eventColumns).where('organization_id', '=', orgId).where(matches(filter));
  if (filter.start !== null) query = query.where('date_created', '>=', filter.start);
  if (filter.end !== null) query = query.where('date_created', '<', filter.end);
  if (window.value !== null) query = query.where(createdMs, window.isPrevious ? '>=' : '<=', window.value);
  const rows = await query.orderBy('date_created', direction).orderBy('id', direction).limit(window.limit).offset(window.offset).execute();
  return rows.map(presentEvent);
}

export interface SecurityEventRun extends SecurityEventCondition {
  /** The events have higher ids than this one. */
  readonly after: string;
  /** Null for the events of all organizations, and of none. */
  readonly orgId: string | null;
  readonly limit: number;
}

/** The events of the whole server, in the order of their ids. */
export async function readSecurityEvents(db: Db, { after, orgId, limit, ...filter }: SecurityEventRun): Promise<ShownSecurityEvent[]> {
  let query = db.selectFrom('security_events').select(eventColumns).where('id', '>', after).where(matches(filter));
  if (orgId !== null) query = query.where('organization_id', '=', orgId);
  const rows = await query.orderBy('id').limit(limit).execute();
  return rows.map(presentEvent);
}

function presentEvent(row: SecurityEventRow): ShownSecurityEvent {
  const credential = row.credential_kind === null ? null : { kind: row.credential_kind, id: row.credential_id };
  return {
    id: row.id,
    event: row.event,
    kind: row.kind,
    outcome: row.outcome as ShownSecurityEvent['outcome'],
    count: row.count,
    caller: row.caller_kind === null ? null : { kind: row.caller_kind, id: row.caller_id, credential },
    address: row.address,
    organization: row.organization_id,
    target: row.target_kind === null || row.target_id === null ? null : { kind: row.target_kind, id: row.target_id },
    requestId: row.request_id,
    instance: row.instance,
    dateCreated: row.date_created,
  };
}
