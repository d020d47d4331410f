import {
  effectiveTeamRole,
  type LocalDecision,
  type MemberRecord,
  type OrganizationHandle,
  type OrganizationState,
  orgRoles,
  type ProjectRecord,
  type Scope,
  teamRoles,
} from '@rollcall/client';
import { isBlocked } from '@rollcall/react/parts';
import { roleWithArticle } from '../../live/role-with-article.ts';

export interface Explanation {
  /** "Ada can see checkout." */
  readonly verdict: string;
  readonly isAllowed: boolean;
  /** All reasons for the access, or the reason against it. */
  readonly reasons: readonly string[];
  /** A way to give them access; null if they have it, or if nothing in the console would. */
  readonly suggestion: string | null;
  readonly permissions: readonly { readonly what: string; readonly isAllowed: boolean; readonly because: string }[];
}

const actions: readonly { readonly what: string; readonly scope: Scope }[] = [
  { what: 'View it', scope: 'project:read' },
  { what: 'Edit settings, teams and keys', scope: 'project:write' },
  { what: 'Remove it', scope: 'project:admin' },
];

/**
 * Explains a decision of `can()` in words. The decision itself is made there. `sees2fa` is whether
 * the viewer may see who has no 2FA.
 */
export function explainAccess(
  org: Pick<OrganizationHandle, 'can' | 'state'>,
  member: MemberRecord,
  project: ProjectRecord,
  sees2fa: boolean,
): Explanation {
  const { state } = org;
  const decide = (scope: Scope) => org.can({ memberId: member.id }, scope, { projectId: project.id });
  const view = decide('project:read');
  const is2faHidden = !sees2fa && lacks2fa(member, view.why);
  const name = nameOf(member);
  return {
    verdict: `${name} ${view.allowed ? 'can' : 'can’t'} see ${project.slug}.`,
    isAllowed: view.allowed,
    reasons: view.allowed
      ? reasonsFor(state, member, project)
      : [is2faHidden ? 'They have no access at the moment.' : reasonAgainst(state, member, project, view.why)],
    suggestion: view.allowed || is2faHidden ? null : suggestionFor(state, member, project, view.why),
    permissions: actions.map(({ what, scope }) => {
      const decision = decide(scope);
      return { what, isAllowed: decision.allowed, because: because(state, member, project, scope, decision) };
    }),
  };
}

function lacks2fa(member: MemberRecord, why: LocalDecision['why']): boolean {
  return why === 'two-factor-required' || (why === 'pending' && isBlocked(member));
}

function nameOf({ name, email }: MemberRecord): string {
  return name || email || 'This person';
}

interface SharedTeam {
  readonly slug: string;
  readonly roleName: string;
  readonly scopes: readonly Scope[];
}

/** The member's teams that the project is assigned to. */
function sharedTeams(state: OrganizationState, member: MemberRecord, project: ProjectRecord): readonly SharedTeam[] {
  const teamIds = new Set(state.projectTeams.filter(({ projectId }) => projectId === project.id).map(({ teamId }) => teamId));
  return state.teamMembers.flatMap(({ memberId, teamId, teamRole }) => {
    const team = memberId === member.id && teamIds.has(teamId) ? state.teams.find(({ id }) => id === teamId) : undefined;
    if (!team) return [];
    const { name, scopes } = teamRoles[effectiveTeamRole(teamRole, member.orgRole)];
    return [{ slug: team.slug, roleName: name, scopes }];
  });
}

function reasonsFor(state: OrganizationState, member: MemberRecord, project: ProjectRecord): readonly string[] {
  const role = orgRoles[member.orgRole];
  const reasons = sharedTeams(state, member, project).map(
    ({ slug, roleName }) => `They’re on #${slug} as ${roleName}, and this project is assigned to #${slug}.`,
  );
  if (role.isGlobal) reasons.push(`They’re ${roleWithArticle(member.orgRole)}. ${role.name}s have access to all projects.`);
  if (state.organization?.openMembership) reasons.push('Open membership is on. All members have access to all projects.');
  return reasons;
}

function reasonAgainst(state: OrganizationState, member: MemberRecord, project: ProjectRecord, why: LocalDecision['why']): string {
  switch (why) {
    case 'pending':
      if (isBlocked(member)) return 'They’re blocked because the organization required 2FA and they haven’t set it up.';
      return 'They haven’t accepted their invitation yet.';
    case 'user-inactive':
      return 'Their account is deactivated.';
    case 'two-factor-required':
      return 'The organization requires 2FA, and they haven’t set it up.';
    case 'sso-required':
      return 'The organization requires single sign-on, and their identity isn’t linked.';
    case 'missing-scope':
      return `Their role, ${orgRoles[member.orgRole].name}, doesn’t include this.`;
    case 'not-on-team':
      return `They’re ${roleWithArticle(member.orgRole)}, open membership is off, and they aren’t on any team of this project (${teamsOf(state, project)}).`;
    case 'not-a-member':
      return 'They’re not a member of this organization.';
    case 'no-project':
      return 'This project no longer exists.';
    case 'stale':
      return 'Unknown, because this page is out of date.';
    default:
      return 'Unknown, because the organization is still loading.';
  }
}

function teamsOf(state: OrganizationState, project: ProjectRecord): string {
  const ids = new Set(state.projectTeams.filter(({ projectId }) => projectId === project.id).map(({ teamId }) => teamId));
  const slugs = state.teams.filter(({ id }) => ids.has(id)).map(({ slug }) => `#${slug}`);
  return slugs.length === 0 ? 'it has no team' : slugs.join(', ');
}

function suggestionFor(state: OrganizationState, member: MemberRecord, project: ProjectRecord, why: LocalDecision['why']): string | null {
  if (lacks2fa(member, why)) return 'They can set up 2FA in their account.';
  if (why === 'pending') return 'If they missed the invitation, resend it.';
  if (why !== 'not-on-team') return null;
  const has = state.projectTeams.some(({ projectId }) => projectId === project.id);
  return has
    ? 'Add them to one of these teams, or assign this project to one of their teams.'
    : 'Assign this project to one of their teams.';
}

function because(state: OrganizationState, member: MemberRecord, project: ProjectRecord, scope: Scope, { allowed, why }: LocalDecision) {
  const role = orgRoles[member.orgRole].name;
  if (allowed && why === 'team-role') {
    const team = sharedTeams(state, member, project).find(({ scopes }) => scopes.includes(scope));
    return team ? `Their role on #${team.slug}, ${team.roleName}, includes this` : 'Their team role includes this';
  }
  if (allowed) return `Their role, ${role}, includes this`;
  if (why === 'missing-scope') return `Their role, ${role}, doesn’t include this`;
  if (why === 'not-on-team') return 'They aren’t on any of its teams';
  return 'No access right now';
}
