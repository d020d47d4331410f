import type { LogChange, MemberRecord, OrgState, TeamMemberRecord } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readMembers, readTeamMembers } from '../../../database/records/records-read.ts';
import { markIdentitiesRemoved } from '../../../database/security/sso-identities.ts';
import type { Actor } from '../../../domain/actor.ts';
import { type AuditEvent, memberRemoved } from '../../../domain/audit/audit.ts';
import { refusePartnershipMember } from '../../../domain/members/member-refusals.ts';
import { removedMembers } from '../../../domain/members/member-removal.ts';
import { refuseLastOwner } from '../../../domain/scim/users.ts';

/** Facts for the removal of a user. */
export interface RemovalFacts {
  readonly owners: readonly MemberRecord[];
  /** Invites and requests of the target that are not accepted. */
  readonly sentInvites: readonly MemberRecord[];
  /** Memberships of the target and of their invites. */
  readonly teamMembers: readonly TeamMemberRecord[];
}

export async function loadRemoval(tx: Tx, orgId: string, target: MemberRecord): Promise<RemovalFacts> {
  const sent = target.user ? await readMembers(tx, orgId, { inviterIds: [target.user.id] }) : [];
  // Detached members had accepted their invites before `require2FA` detached them.
  const sentInvites = sent.filter(({ id, pending, detachedUser }) => pending && !detachedUser && id !== target.id);
  return {
    owners: await readMembers(tx, orgId, { roles: ['owner'] }),
    sentInvites,
    teamMembers: await readTeamMembers(tx, orgId, { memberIds: [target, ...sentInvites].map(({ id }) => id) }),
  };
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
  { owners, sentInvites, teamMembers }: RemovalFacts,
): { changes: LogChange[]; audit: AuditEvent[] } {
  refusePartnershipMember(target);
  refuseLastOwner(target, owners, state);
  return { changes: removedMembers([...sentInvites, target], teamMembers), audit: [memberRemoved(actor, target)] };
}

/** Stops the removed user's identity at the provider from opening sessions. */
export function saveRemoval(tx: Tx, orgId: string, { user }: MemberRecord): Promise<void> {
  return markIdentitiesRemoved(tx, orgId, user ? [user.id] : []);
}
