import { OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../database/database.ts';
import { prepared } from '../database/prepared.ts';
import { type Head, headFromRow } from '../database/records/read-log.ts';

/** Write path 1/5: locks the organization, so that commit order is revision order (rule W1). */

export interface LockedHead extends Head {
  readonly now: string;
  /** Audit entries that are part of the state: see `record-audit.ts`. */
  readonly liveAuditEntries: number;
}

const columns = sql<never>`organization_id, epoch, revision, floor_revision, chain, live_audit_entries, clock_timestamp() AS now`;

interface LockedRow {
  organization_id: string;
  epoch: string;
  revision: string;
  floor_revision: string;
  chain: string;
  live_audit_entries: number;
  now: string;
}

const begin = prepared((db, orgId: string) =>
  sql<LockedRow>`INSERT INTO org_heads (organization_id) VALUES (${orgId}) RETURNING ${columns}`.compile(db),
);
const lock = prepared((db, orgId: string) =>
  sql<LockedRow>`SELECT ${columns} FROM org_heads WHERE organization_id = ${orgId} FOR UPDATE`.compile(db),
);

/**
 * The lock has its own statement. Under READ COMMITTED, each later statement then sees everything
 * that was committed before the lock was acquired.
 * @throws OrgError `not-found` if the organization does not exist
 */
export async function lockHead(tx: Tx, orgId: string, createsOrganization: boolean): Promise<LockedHead> {
  const [row] = await (createsOrganization ? begin : lock)(tx, orgId);
  if (!row) throw new OrgError('not-found', 'The requested resource does not exist');
  return { now: row.now, liveAuditEntries: row.live_audit_entries, ...headFromRow(row) };
}
