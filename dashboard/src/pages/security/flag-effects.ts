import { type MemberRecord, type OrganizationState, type OrgFlag, orgRoles, type Scope } from '@rollcall/client';
import { count } from '../../kit/count.ts';

/** The effect of switching a flag on the current members. */
export interface Effect {
  /** "Turning this on locks out 4 members without 2FA." */
  readonly text: string;
  /** Whether members gain or lose access. The page then asks for confirmation. */
  readonly isDangerous: boolean;
  /** The affected members, if their names help. */
  readonly who: readonly MemberRecord[];
}

type Facts = Pick<OrganizationState, 'members' | 'projects' | 'projectTeams' | 'teamMembers'>;

/**
 * Null for flags without an effect on members.
 * @param isOn the new value
 */
export function effectOf(flag: OrgFlag, isOn: boolean, facts: Facts): Effect | null {
  const { members } = facts;
  const turning = `Turning this ${isOn ? 'on' : 'off'}`;
  const safe = (text: string): Effect => ({ text, isDangerous: false, who: [] });
  switch (flag) {
    case 'require2FA': {
      if (!isOn)
        return safe(
          `${turning} lets members log in with just a password. Members who are blocked stay blocked until you restore their access.`,
        );
      const bare = members.filter(({ user }) => user?.has2fa !== true);
      if (bare.length === 0) return safe(`${turning} locks out no one. Every member has 2FA.`);
      return { text: `${turning} locks out ${count(bare.length, 'member')} without 2FA.`, isDangerous: true, who: bare };
    }
    case 'openMembership': {
      const { memberCount, projectCount } = beyondTeams(facts);
      if (memberCount === 0) return safe(`${turning} affects no one. Every member already has access to all projects.`);
      const whose = count(memberCount, 'member');
      const text = isOn
        ? `${turning} gives ${whose} access to ${count(projectCount, 'more project')}.`
        : `${turning} means that ${whose} can’t see ${count(projectCount, 'project')} outside of their teams.`;
      return { text, isDangerous: true, who: [] };
    }
    case 'enhancedPrivacy': {
      const affected = without(members, 'member:write');
      const whose = `the email addresses of all ${count(members.length, 'member')}`;
      if (affected.length === 0) return safe(`${turning} affects no one. Everyone here manages members.`);
      if (isOn) return safe(`${turning} hides ${whose} from ${count(affected.length, 'member')}.`);
      return { text: `${turning} shows ${whose} to ${count(affected.length, 'member')}.`, isDangerous: true, who: [] };
    }
    case 'allowMemberInvite': {
      const affected = without(members, 'member:write').length;
      if (affected === 0) return safe(`${turning} affects no one. Every member is a manager or an owner.`);
      return safe(
        isOn
          ? `${turning} lets ${count(affected, 'member')} invite people.`
          : `${turning} stops ${count(affected, 'member')} from inviting people.`,
      );
    }
    case 'allowMemberProjectCreation': {
      const affected = without(members, 'org:write').length;
      if (affected === 0) return safe(`${turning} affects no one. Every member is a manager or an owner.`);
      return safe(
        isOn
          ? `${turning} lets ${count(affected, 'member')} create projects.`
          : `${turning} stops ${count(affected, 'member')} from creating projects, except team admins for their own teams.`,
      );
    }
    case 'allowSharedIssues':
      return safe(`${turning} ${isOn ? 'enables' : 'disables'} links to shared issues in ${count(facts.projects.length, 'project')}.`);
    // The server only stores these.
    case 'isEarlyAdopter':
    case 'codecovAccess':
    case 'allowSuperuserAccess':
      return null;
  }
}

function without(members: readonly MemberRecord[], scope: Scope): readonly MemberRecord[] {
  return members.filter(({ orgRole }) => !orgRoles[orgRole].scopes.includes(scope));
}

/**
 * The members who gain access by open membership, and the projects that some of them gain access
 * to.
 */
function beyondTeams({ members, projects, projectTeams, teamMembers }: Facts): {
  readonly memberCount: number;
  readonly projectCount: number;
} {
  const bound = new Set(members.filter(({ orgRole }) => !orgRoles[orgRole].isGlobal).map(({ id }) => id));
  const membersOfTeam = groupBy(teamMembers, ({ teamId }) => teamId);
  const teamsOfProject = groupBy(projectTeams, ({ projectId }) => projectId);
  const reachedBy = new Map([...bound].map((id) => [id, 0]));
  let projectCount = 0;
  for (const { id } of projects) {
    const memberships = (teamsOfProject.get(id) ?? []).flatMap(({ teamId }) => membersOfTeam.get(teamId) ?? []);
    const reaching = new Set(memberships.map(({ memberId }) => memberId).filter((memberId) => bound.has(memberId)));
    for (const memberId of reaching) reachedBy.set(memberId, reachedBy.get(memberId)! + 1);
    if (reaching.size < bound.size) projectCount++;
  }
  return { memberCount: [...reachedBy.values()].filter((reached) => reached < projects.length).length, projectCount };
}

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
