import { type MemberRecord, type OrgRoleId, orgRoles } from '@rollcall/protocol';
import type { memberDetailsShape, memberShape, memberWithTeamsShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import type { Db } from '../../../database/database.ts';
import { isExpiredInvite } from '../../../domain/invites/invites.ts';
import { readUserDetails, type UserDetails } from '../../../read-path/queries/identity/user-details.ts';
import type { MemberDetails } from '../../../read-path/queries/members/member-details.ts';
import { readTeamsOfMembers, type TeamOfMember } from '../../../read-path/queries/members/teams-of-members.ts';
import { memberSeenBy, type ResponseRecipient } from '../../../read-path/queries/recipient.ts';
import { presentFullUser, presentUser } from '../identity/present-user.ts';
import { presentOrgRoles, presentTeamRoles } from './present-role.ts';

/** The REST forms of members (REST contract 6.2, 6.4). */

/** @param member with only the fields that the caller may see */
function presentMember(member: MemberRecord, details: UserDetails | null): ResponseOf<typeof memberShape> {
  return {
    id: member.id,
    email: member.email,
    name: member.name,
    user: member.user && presentUser(member.user, details),
    orgRole: member.orgRole,
    role: member.orgRole,
    roleName: orgRoles[member.orgRole].name,
    pending: member.pending,
    expired: isExpiredInvite(member, new Date().toISOString()),
    flags: member.flags,
    dateCreated: member.dateCreated,
    inviteStatus: member.inviteStatus,
    inviterName: member.inviterName,
  };
}

/** Presents members in the base shape, in the given order. */
export async function presentMembers(
  db: Db,
  recipient: ResponseRecipient,
  members: readonly MemberRecord[],
): Promise<ResponseOf<typeof memberShape>[]> {
  const userIds = members.flatMap(({ user }) => (user ? [user.id] : []));
  const details = await readUserDetails(db, userIds);
  const seen = members.map((member) => memberSeenBy(recipient, member));
  return seen.map((member) => presentMember(member, (member.user && details.get(member.user.id)) ?? null));
}

/** Presents members in the with-teams shape, which invite requests have too (REST contract 6.2). */
export async function presentMembersWithTeams(
  db: Db,
  recipient: ResponseRecipient,
  orgId: string,
  members: readonly MemberRecord[],
): Promise<ResponseOf<typeof memberWithTeamsShape>[]> {
  const ids = members.map(({ id }) => id);
  const teams = await readTeamsOfMembers(db, orgId, ids);
  const shapes = await presentMembers(db, recipient, members);
  return shapes.map((shape, index) => ({ ...shape, ...presentTeamsOf(teams.get(ids[index]!) ?? []) }));
}

function presentTeamsOf(teams: readonly TeamOfMember[]): { teams: string[]; teamRoles: readonly TeamOfMember[] } {
  return { teams: teams.map(({ teamSlug }) => teamSlug), teamRoles: teams };
}

/**
 * REST contract 6.4. The roles that the caller may assign determine how much of the user they see.
 */
export function presentMemberDetails(
  details: MemberDetails,
  recipient: ResponseRecipient,
  retired: ReadonlySet<OrgRoleId>,
): ResponseOf<typeof memberDetailsShape> {
  const { assignable } = details;
  const member = memberSeenBy(recipient, details.member);
  const shape = presentMember(member, details.user);
  const fullUser = member.user ? presentFullUser(member.user, details.user, details.authenticators, details.canReset2fa) : {};
  const roles = presentOrgRoles(assignable, retired);
  return {
    ...shape,
    ...presentTeamsOf(details.teams),
    user: assignable.length > 0 ? fullUser : shape.user,
    isOnlyOwner: details.isOnlyOwner,
    ...(details.member.isRecoveryOwner && { isRecoveryOwner: true as const }),
    orgRoleList: roles,
    roles,
    teamRoleList: presentTeamRoles(assignable),
  };
}
