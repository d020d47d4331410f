import { OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import { type AuditFacts, nextAuditFacts } from '../database/audit/audit-entries.ts';
import type { Tx } from '../database/database.ts';
import { prepared } from '../database/prepared.ts';
import { type Head, headFromRow } from '../database/records/read-log.ts';
import { type Actor, userIdOf } from '../domain/actor.ts';

/** Write path 1/5: locks the organization, so that commit order is revision order (rule W1). */

export interface LockedHead extends Head {
  readonly now: string;
  /** Audit entries that are part of the state: see `record-audit.ts`. */
  readonly liveAuditEntries: number;
  /** Read before it is known whether there will be audit entries. */
  readonly auditFacts: AuditFacts;
}

const columns = sql<never>`organization_id, epoch, revision, floor_revision, chain, live_audit_entries`;

interface LockedRow extends AuditFacts {
  organization_id: string;
  epoch: string;
  revision: string;
  floor_revision: string;
  chain: string;
  live_audit_entries: number;
  now: string;
}

const begin = prepared((db, orgId: string, actorUserId: string | null, actorTokenId: string | null) =>
  sql<LockedRow>`
    INSERT INTO org_heads (organization_id) VALUES (${orgId})
    RETURNING ${columns}, clock_timestamp() AS now, ${nextAuditFacts(orgId, actorUserId, actorTokenId)}`.compile(db),
);

/**
 * The subquery locks the row. The time and the ids around it are taken afterwards, so that they
 * increase with the revisions.
 */
const lock = prepared((db, orgId: string, actorUserId: string | null, actorTokenId: string | null) =>
  sql<LockedRow>`
    SELECT locked.*, clock_timestamp() AS now, ${nextAuditFacts(orgId, actorUserId, actorTokenId)}
    FROM (SELECT ${columns} FROM org_heads WHERE organization_id = ${orgId} FOR UPDATE) AS locked`.compile(db),
);

/**
 * The lock has its own statement. Under READ COMMITTED, each later statement then sees everything
 * that was committed before the lock was acquired. The lock's own statement does not, so the name
 * of the actor is the one when the wait for the lock began. It is only shown in the audit log.
 * @throws OrgError `not-found` if the organization does not exist
 */
export async function lockHead(tx: Tx, orgId: string, actor: Actor, createsOrganization: boolean): Promise<LockedHead> {
  const tokenId = actor.kind === 'org-token' ? actor.tokenId : null;
  const [row] = await (createsOrganization ? begin : lock)(tx, orgId, userIdOf(actor), tokenId);
  if (!row) throw new OrgError('not-found', 'The requested resource does not exist');
  const { now, live_audit_entries: liveAuditEntries, ids, actorName } = row;
  return { now, liveAuditEntries, auditFacts: { ids, actorName }, ...headFromRow(row) };
}
