import type { LogChange, MemberRecord, TeamMemberRecord } from '@rollcall/protocol';
import { removed } from '../changes.ts';
import { isInvite, isProvisionedInvite } from '../invites/invites.ts';

/** The removal of members and of their team memberships, which are separate records. */
export function removedMembers(members: readonly MemberRecord[], teamMembers: readonly TeamMemberRecord[]): LogChange[] {
  return [...teamMembers.map((row) => removed('team-member', row)), ...members.map((member) => removed('member', member))];
}

/**
 * The removal of the invites and requests that are obsolete once a person has joined. Those of the
 * identity provider stay.
 * @param joinedId the id of the accepted invite. Null without one.
 */
export function obsoleteInvites(
  invites: readonly MemberRecord[],
  teamMembers: readonly TeamMemberRecord[],
  joinedId: string | null,
): LogChange[] {
  const obsolete = invites.filter((invite) => invite.id !== joinedId && !isProvisionedInvite(invite));
  const ids = new Set(obsolete.map(({ id }) => id));
  return removedMembers(
    obsolete,
    teamMembers.filter(({ memberId }) => ids.has(memberId)),
  );
}

/**
 * The invites and requests that concern a person who joins. A locked-out member of another user
 * keeps the address that the person may have now.
 */
export function invitesOfPerson(invites: readonly MemberRecord[], userId: string): MemberRecord[] {
  return invites.filter(({ detachedUser }) => !detachedUser || detachedUser.id === userId);
}

/**
 * The invites and requests that are removed together with the member who made them. Locked-out
 * members had accepted their invites before `require2FA` detached them. The identity provider keeps
 * its own invites, which may have been a member's before.
 */
export function withdrawnInvites(invited: readonly MemberRecord[]): MemberRecord[] {
  return invited.filter((invite) => isInvite(invite) && !isProvisionedInvite(invite));
}

/** Removes duplicate members. */
export function withoutDuplicates(members: readonly MemberRecord[]): MemberRecord[] {
  return [...new Map(members.map((member) => [member.id, member])).values()];
}
