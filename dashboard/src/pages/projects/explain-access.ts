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
import { isBlocked } from '../../live/blocked-members.ts';

export interface Explanation {
  /** "Ada can see checkout." */
  readonly verdict: string;
  readonly isAllowed: boolean;
  /** Every road that leads there, or what is in the way. */
  readonly reasons: readonly string[];
  /** What would let them in; null where they are, or where nothing here would. */
  readonly remedy: string | null;
  readonly powers: readonly { readonly what: string; readonly isAllowed: boolean; readonly because: string }[];
}

const asked: readonly { readonly what: string; readonly scope: Scope }[] = [
  { what: 'See it', scope: 'project:read' },
  { what: 'Edit settings, teams and keys', scope: 'project:write' },
  { what: 'Remove it', scope: 'project:admin' },
];

/** Puts into words why `can()` answers as it does: the decision is its own, here it is only spelled out. */
export function explainAccess(org: Pick<OrganizationHandle, 'can' | 'state'>, member: MemberRecord, project: ProjectRecord): Explanation {
  const { state } = org;
  const decide = (scope: Scope) => org.can({ memberId: member.id }, scope, { projectId: project.id });
  const sight = decide('project:read');
  const name = nameOf(member);
  return {
    verdict: `${name} ${sight.allowed ? 'can' : 'cannot'} see ${project.slug}.`,
    isAllowed: sight.allowed,
    reasons: sight.allowed ? roadsTo(state, member, project) : [hindrance(state, member, project, sight.why)],
    remedy: sight.allowed ? null : remedyFor(state, member, project, sight.why),
    powers: asked.map(({ what, scope }) => {
      const decision = decide(scope);
      return { what, isAllowed: decision.allowed, because: because(state, member, project, scope, decision) };
    }),
  };
}

function nameOf({ name, email }: MemberRecord): string {
  return name || email || 'This person';
}

function aRole({ orgRole }: MemberRecord): string {
  const { name } = orgRoles[orgRole];
  return `${/^[AO]/.test(name) ? 'an' : 'a'} ${name}`;
}

interface SharedTeam {
  readonly slug: string;
  readonly roleName: string;
  readonly scopes: readonly Scope[];
}

/** Teams that they are on and that the project has. */
function sharedTeams(state: OrganizationState, member: MemberRecord, project: ProjectRecord): readonly SharedTeam[] {
  const teamIds = new Set(state.projectTeams.filter(({ projectId }) => projectId === project.id).map(({ teamId }) => teamId));
  return state.teamMembers.flatMap(({ memberId, teamId, teamRole }) => {
    const team = memberId === member.id && teamIds.has(teamId) ? state.teams.find(({ id }) => id === teamId) : undefined;
    if (!team) return [];
    const { name, scopes } = teamRoles[effectiveTeamRole(teamRole, member.orgRole)];
    return [{ slug: team.slug, roleName: name, scopes }];
  });
}

function roadsTo(state: OrganizationState, member: MemberRecord, project: ProjectRecord): readonly string[] {
  const role = orgRoles[member.orgRole];
  const roads = sharedTeams(state, member, project).map(
    ({ slug, roleName }) => `They are on #${slug}, as ${roleName}, and #${slug} works on this project.`,
  );
  if (role.isGlobal) roads.push(`They are ${aRole(member)} of the organization, and ${role.name.toLowerCase()}s reach every project.`);
  if (state.organization?.openMembership) roads.push('Open membership is on: every member reaches every team and project.');
  return roads;
}

function hindrance(state: OrganizationState, member: MemberRecord, project: ProjectRecord, why: LocalDecision['why']): string {
  switch (why) {
    case 'pending':
      if (isBlocked(member)) return 'The organization required 2FA, which they had not set up. Until they do, they see nothing.';
      return 'They were invited, but have not accepted yet. Until then they see nothing.';
    case 'user-inactive':
      return 'Their account is deactivated.';
    case 'two-factor-required':
      return 'The organization requires a second factor, and they have none.';
    case 'missing-scope':
      return `Their role, ${orgRoles[member.orgRole].name}, does not include it.`;
    case 'not-on-team':
      return `They are ${aRole(member)}, open membership is off, and they are on none of the teams that work on this project (${teamsOf(state, project)}).`;
    case 'not-a-member':
      return 'They are no member of this organization.';
    case 'no-project':
      return 'There is no such project any more.';
    case 'stale':
      return 'This page is not current at the moment, so it cannot say.';
    default:
      return 'The organization is not known yet.';
  }
}

function teamsOf(state: OrganizationState, project: ProjectRecord): string {
  const ids = new Set(state.projectTeams.filter(({ projectId }) => projectId === project.id).map(({ teamId }) => teamId));
  const slugs = state.teams.filter(({ id }) => ids.has(id)).map(({ slug }) => `#${slug}`);
  return slugs.length === 0 ? 'it has none' : slugs.join(', ');
}

function remedyFor(state: OrganizationState, member: MemberRecord, project: ProjectRecord, why: LocalDecision['why']): string | null {
  if (why === 'pending' && !isBlocked(member)) return 'Resend the invitation, should they have missed it.';
  if (why === 'two-factor-required' || (why === 'pending' && isBlocked(member)))
    return 'They can set up a second factor on their account page.';
  if (why !== 'not-on-team') return null;
  const has = state.projectTeams.some(({ projectId }) => projectId === project.id);
  return has ? 'Add them to one of these teams, or give one of their teams this project.' : 'Give this project to one of their teams.';
}

function because(state: OrganizationState, member: MemberRecord, project: ProjectRecord, scope: Scope, { allowed, why }: LocalDecision) {
  const role = orgRoles[member.orgRole].name;
  if (allowed && why === 'team-role') {
    const team = sharedTeams(state, member, project).find(({ scopes }) => scopes.includes(scope));
    return team ? `As ${team.roleName} of #${team.slug}` : 'By their role on a team';
  }
  if (allowed) return `As ${role} of the organization`;
  if (why === 'missing-scope') return `No role of theirs includes it: they are ${role}`;
  if (why === 'not-on-team') return 'They are not on a team that works on it';
  return 'Not as things are';
}
