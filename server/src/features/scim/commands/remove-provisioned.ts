import type { LogChange, MemberRecord, OrgState } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readMembers } from '../../../database/records/records-read.ts';
import { markIdentitiesRemoved } from '../../../database/security/sso-identities.ts';
import type { Actor } from '../../../domain/actor.ts';
import { type AuditEvent, memberRemoved } from '../../../domain/audit/audit.ts';
import { refusePartnershipMember } from '../../../domain/members/member-refusals.ts';
import { removedMembers } from '../../../domain/members/member-removal.ts';
import { type Dependents, loadDependents } from '../../../write-path/commands/members/load-dependents.ts';
import { refuseLastOwner } from '../domain/users.ts';

/** Facts for the removal of a user. */
export interface RemovalFacts extends Dependents {
  readonly owners: readonly MemberRecord[];
}

export async function loadRemoval(tx: Tx, orgId: string, target: MemberRecord): Promise<RemovalFacts> {
  const owners = await readMembers(tx, orgId, { roles: ['owner'] });
  return { owners, ...(await loadDependents(tx, orgId, target)) };
}

/**
 * Removes a user over SCIM, which is the only way to remove a provisioned member. The last owner
 * stays, and so does the last recovery owner while single sign-on is required (REST contract 12.1).
 * @throws OrgError `forbidden`, `invalid`
 */
export function removeProvisioned(
  state: OrgState,
  actor: Actor,
  target: MemberRecord,
  { owners, dependentMembers, teamMembers }: RemovalFacts,
): { changes: LogChange[]; audit: AuditEvent[] } {
  refusePartnershipMember(target);
  refuseLastOwner(target, owners, state);
  return { changes: removedMembers([...dependentMembers, target], teamMembers), audit: [memberRemoved(actor, target)] };
}

/** Stops the removed user's identity at the provider from opening sessions. */
export function markIdentityRemoved(tx: Tx, orgId: string, target: MemberRecord): Promise<void> {
  return markIdentitiesRemoved(tx, orgId, [target]);
}
