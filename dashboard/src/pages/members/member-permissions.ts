import {
  effectiveTeamRole,
  type MemberRecord,
  orgRoles,
  type TeamMemberRecord,
  type TeamRecord,
  type TeamRoleId,
  teamRoles,
} from '@rollcall/client';
import { isInvitation, isSelf, managedByProvider, mayAssign, type RoleViewer } from '@rollcall/react/parts';

/**
 * The facts about the current user that decide what they may do to others. The server applies the
 * same rules.
 */
export interface MemberViewer extends RoleViewer {
  readonly canInvite: boolean;
  readonly canWriteOrganization: boolean;
  readonly hasOpenMembership: boolean;
  readonly ownMemberships: ReadonlyMap<string, TeamMemberRecord>;
  /** Whether there is another active owner or manager. */
  readonly hasOtherAdministrator: boolean;
}

/**
 * Null if the viewer can, otherwise the reason why not. The same applies to all `whyNot…`
 * functions.
 */
export function whyNotRemove(viewer: MemberViewer, target: MemberRecord): string | null {
  if (isSelf(viewer, target)) {
    const wouldLeaveNobody = orgRoles[target.orgRole].scopes.includes('org:write') && !viewer.hasOtherAdministrator;
    return wouldLeaveNobody ? 'You’re the last owner or manager. Make someone else an owner or manager first.' : managedOrNull(target);
  }
  if (!viewer.canAdminMembers) {
    const isOwnInvite = isInvitation(target) && viewer.canInvite && target.inviterId === viewer.member?.user?.id;
    return isOwnInvite
      ? null
      : isInvitation(target)
        ? 'You can only revoke invitations that you sent.'
        : 'Only managers and owners can remove members.';
  }
  if (!mayAssign(viewer, target.orgRole)) return `Only owners can remove an ${orgRoles[target.orgRole].name.toLowerCase()}.`;
  return managedOrNull(target);
}

function managedOrNull(target: MemberRecord): string | null {
  return target.flags['idp:provisioned'] ? managedByProvider : null;
}

function isGlobal({ member, hasOpenMembership }: MemberViewer): boolean {
  return member !== null && (hasOpenMembership || orgRoles[member.orgRole].isGlobal);
}

function ownTeamRole({ member, ownMemberships }: MemberViewer, teamId: string): TeamRoleId | null {
  const membership = ownMemberships.get(teamId);
  return member && membership ? effectiveTeamRole(membership.teamRole, member.orgRole) : null;
}

function administers(viewer: MemberViewer, teamId: string): boolean {
  const role = ownTeamRole(viewer, teamId);
  return role !== null && (role === 'admin' || viewer.canWriteOrganization || viewer.canAdminMembers);
}

/** Whether the viewer is an admin of any team. */
export function administersSome(viewer: MemberViewer): boolean {
  return [...viewer.ownMemberships.keys()].some((teamId) => ownTeamRole(viewer, teamId) === 'admin');
}

/** Whether the viewer has any action on several members. */
export function mayActOnMany(viewer: MemberViewer): boolean {
  return viewer.canAdminMembers || viewer.canWriteOrganization || administersSome(viewer);
}

/** Whether the viewer decides who is on a team. */
export function managesTeam(viewer: MemberViewer, team: TeamRecord): boolean {
  return !team.flags['idp:provisioned'] && (viewer.canWriteOrganization || administers(viewer, team.id));
}

export function whyNotLeaveTeam(viewer: MemberViewer, target: MemberRecord, team: TeamRecord): string | null {
  if (team.flags['idp:provisioned']) return managedByProvider;
  if (isSelf(viewer, target) || viewer.canWriteOrganization || administers(viewer, team.id)) return null;
  return `Only team admins of #${team.slug}, managers and owners can do this.`;
}

/**
 * Whether the viewer adds members immediately. Otherwise adding one sends a request for approval.
 */
export function canAddAtOnce(viewer: MemberViewer, team: TeamRecord): boolean {
  return isGlobal(viewer) || administers(viewer, team.id);
}

/**
 * The teams that the viewer can add a member to immediately. For themselves also those that need
 * approval.
 */
export function teamsToOffer(viewer: MemberViewer, target: MemberRecord, teams: readonly TeamRecord[]): readonly TeamRecord[] {
  const isOwn = isSelf(viewer, target);
  return teams.filter((team) => !team.flags['idp:provisioned'] && (isOwn || canAddAtOnce(viewer, team)));
}

/** The viewer must rank as high as both the current and the new team role. */
export function whyNotSetTeamRole(
  viewer: MemberViewer,
  target: MemberRecord,
  team: TeamRecord,
  from: TeamRoleId,
  to: TeamRoleId,
): string | null {
  const minimum = orgRoles[target.orgRole].minimumTeamRole;
  if (teamRoles[to].priority < teamRoles[minimum].priority)
    return `${isSelf(viewer, target) ? 'Your organization role always makes you' : 'Their organization role always makes them'} ${teamRoles[minimum].name}.`;
  if (administers(viewer, team.id)) return null;
  const own = ownTeamRole(viewer, team.id) ?? (viewer.member ? orgRoles[viewer.member.orgRole].minimumTeamRole : 'contributor');
  const isWithin = [from, to].every((role) => teamRoles[own].priority >= teamRoles[role].priority);
  return isWithin ? null : `Only team admins of #${team.slug}, managers and owners can do this.`;
}
