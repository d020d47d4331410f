import {
  effectiveTeamRole,
  type MemberRecord,
  type OrgRoleId,
  orgRoles,
  type TeamMemberRecord,
  type TeamRecord,
  type TeamRoleId,
  teamRoles,
} from '@rollcall/client';

/** Who looks at the page, as far as it decides what they may do to others. The server judges again, and by the same rules. */
export interface Viewer {
  /** Null before the first copy. */
  readonly member: MemberRecord | null;
  readonly canAdminMembers: boolean;
  readonly canInvite: boolean;
  readonly canWriteOrganization: boolean;
  readonly hasOpenMembership: boolean;
  readonly ownPlaces: ReadonlyMap<string, TeamMemberRecord>;
  /** Whether another active owner or manager would remain without me. */
  readonly hasOtherManager: boolean;
}

const managed = 'This is managed by your organization’s identity provider.';

/** Roles one may give: none that is above one's own. */
export function mayAssign({ member }: Viewer, role: OrgRoleId): boolean {
  return member !== null && orgRoles[role].priority <= orgRoles[member.orgRole].priority;
}

export function isSelf({ member }: Viewer, target: MemberRecord): boolean {
  return member !== null && member.id === target.id;
}

/** A reason for those who cannot; null for those who can. So do all of these. */
export function whyNotChangeRole(viewer: Viewer, target: MemberRecord): string | null {
  if (!viewer.canAdminMembers) return 'Only managers and owners can change roles.';
  if (isSelf(viewer, target)) return 'You cannot change your own role.';
  if (!mayAssign(viewer, target.orgRole)) return `Only owners can change the role of an ${orgRoles[target.orgRole].name.toLowerCase()}.`;
  if (target.flags['idp:role-restricted']) return managed;
  return null;
}

export function whyNotRemove(viewer: Viewer, target: MemberRecord): string | null {
  if (isSelf(viewer, target)) {
    const wouldLeaveNobody = orgRoles[target.orgRole].scopes.includes('org:write') && !viewer.hasOtherManager;
    return wouldLeaveNobody ? 'You are the last owner or manager: appoint another one first.' : managedOrNull(target);
  }
  if (!viewer.canAdminMembers) {
    const isOwnInvite = target.pending && viewer.canInvite && target.inviterId === viewer.member?.user?.id;
    return isOwnInvite
      ? null
      : target.pending
        ? 'You can withdraw only invitations that you sent.'
        : 'Only managers and owners can remove members.';
  }
  if (!mayAssign(viewer, target.orgRole)) return `Only owners can remove an ${orgRoles[target.orgRole].name.toLowerCase()}.`;
  return managedOrNull(target);
}

function managedOrNull(target: MemberRecord): string | null {
  return target.flags['idp:provisioned'] ? managed : null;
}

function isGlobal({ member, hasOpenMembership }: Viewer): boolean {
  return member !== null && (hasOpenMembership || orgRoles[member.orgRole].isGlobal);
}

function ownTeamRole({ member, ownPlaces }: Viewer, teamId: string): TeamRoleId | null {
  const place = ownPlaces.get(teamId);
  return member && place ? effectiveTeamRole(place.teamRole, member.orgRole) : null;
}

function administers(viewer: Viewer, teamId: string): boolean {
  const role = ownTeamRole(viewer, teamId);
  return role !== null && (role === 'admin' || viewer.canWriteOrganization || viewer.canAdminMembers);
}

/** Whether one is an admin of any team at all. */
export function administersSome(viewer: Viewer): boolean {
  return [...viewer.ownPlaces.keys()].some((teamId) => ownTeamRole(viewer, teamId) === 'admin');
}

/** Whether choosing many members leads to anything: their roles, their removal, or the teams that one administers. */
export function mayActOnMany(viewer: Viewer): boolean {
  return viewer.canAdminMembers || viewer.canWriteOrganization || administersSome(viewer);
}

/** Whether one decides who is on a team. */
export function managesTeam(viewer: Viewer, team: TeamRecord): boolean {
  return !team.flags['idp:provisioned'] && (viewer.canWriteOrganization || administers(viewer, team.id));
}

export function whyNotLeaveTeam(viewer: Viewer, target: MemberRecord, team: TeamRecord): string | null {
  if (team.flags['idp:provisioned']) return managed;
  if (isSelf(viewer, target) || viewer.canWriteOrganization || administers(viewer, team.id)) return null;
  return `Only an admin of #${team.slug}, a manager or an owner can do this.`;
}

/** Whether adding takes effect at once; else it is a request, which others approve. */
export function canAddAtOnce(viewer: Viewer, team: TeamRecord): boolean {
  return isGlobal(viewer) || administers(viewer, team.id);
}

/** Teams to offer for a member: for others only those where adding takes effect at once, for oneself also those to ask for. */
export function teamsToOffer(viewer: Viewer, target: MemberRecord, teams: readonly TeamRecord[]): readonly TeamRecord[] {
  const isOwn = isSelf(viewer, target);
  return teams.filter((team) => !team.flags['idp:provisioned'] && (isOwn || canAddAtOnce(viewer, team)));
}

/** Both the role of now and the new one must be within one's reach. */
export function whyNotSetTeamRole(viewer: Viewer, target: MemberRecord, team: TeamRecord, from: TeamRoleId, to: TeamRoleId): string | null {
  const minimum = orgRoles[target.orgRole].minimumTeamRole;
  if (teamRoles[to].priority < teamRoles[minimum].priority) return `The organization role brings ${teamRoles[minimum].name} along.`;
  if (administers(viewer, team.id)) return null;
  const own = ownTeamRole(viewer, team.id) ?? (viewer.member ? orgRoles[viewer.member.orgRole].minimumTeamRole : 'contributor');
  const isWithin = [from, to].every((role) => teamRoles[own].priority >= teamRoles[role].priority);
  return isWithin ? null : `Only an admin of #${team.slug}, a manager or an owner can do this.`;
}
