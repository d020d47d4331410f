import { type MemberRecord, type OrganizationState, type OrgFlag, orgRoles, type Scope } from '@rollcall/client';

/** What switching a flag does, and to whom, as far as the copy tells. */
export interface Effect {
  /** "4 members have no second factor and will become pending." */
  readonly text: string;
  /** Somebody gains sight of what they did not see, or loses what they have: asked for first. */
  readonly isDangerous: boolean;
  /** Whom it is about, where naming them helps. */
  readonly who: readonly MemberRecord[];
}

type Facts = Pick<OrganizationState, 'members' | 'projects' | 'projectTeams' | 'teamMembers'>;

/** @param isOn what it would be */
export function effectOf(flag: OrgFlag, isOn: boolean, facts: Facts): Effect {
  const { members } = facts;
  const safe = (text: string): Effect => ({ text, isDangerous: false, who: [] });
  switch (flag) {
    case 'require2FA': {
      if (!isOn)
        return safe(
          `All ${count(members.length, 'member')} can log in with a password alone. Blocked people stay out until you let them back in.`,
        );
      const bare = members.filter(({ user }) => user?.has2fa !== true);
      if (bare.length === 0) return safe('Every member has a second factor: nobody loses access.');
      const have = bare.length === 1 ? 'has' : 'have';
      return { text: `${count(bare.length, 'member')} ${have} no second factor and will become pending.`, isDangerous: true, who: bare };
    }
    case 'openMembership': {
      const { memberCount, projectCount } = beyondTeams(facts);
      if (memberCount === 0) return safe('It changes nothing for anybody now: every member reaches every project by their teams or role.');
      const what = `${projectCount.toLocaleString('en')} ${isOn ? 'more ' : ''}${projectCount === 1 ? 'project' : 'projects'}`;
      const verb = isOn ? 'be able to see' : 'no longer see';
      const reason = isOn ? '' : ' that none of their teams works on';
      return { text: `${count(memberCount, 'member')} will ${verb} ${what}${reason}.`, isDangerous: true, who: [] };
    }
    case 'enhancedPrivacy': {
      const affected = without(members, 'member:write');
      const whose = `the e-mail addresses of all ${count(members.length, 'member')}`;
      if (affected.length === 0) return safe('It changes nothing for anybody now: everybody here manages members.');
      if (isOn) return safe(`${count(affected.length, 'member')} will no longer see ${whose}.`);
      return { text: `${count(affected.length, 'member')} will see ${whose}.`, isDangerous: true, who: [] };
    }
    case 'allowMemberInvite': {
      const affected = without(members, 'member:write').length;
      return safe(`${count(affected, 'member')} will ${isOn ? 'be able to' : 'no longer'} invite others as members.`);
    }
    case 'allowMemberProjectCreation': {
      const affected = without(members, 'org:write').length;
      const rest = isOn ? '' : ', except Team Admins for their own teams';
      return safe(`${count(affected, 'member')} will ${isOn ? 'be able to' : 'no longer'} create projects${rest}.`);
    }
    case 'allowSharedIssues':
      return safe(`Links to issues of ${count(facts.projects.length, 'project')} will ${isOn ? 'open for anybody' : 'no longer open'}.`);
    case 'isEarlyAdopter':
      return safe(`${count(members.length, 'member')} will ${isOn ? '' : 'no longer '}see features that are still tried out.`);
    default:
      return safe('Kept for the programs that ask for it.');
  }
}

function without(members: readonly MemberRecord[], scope: Scope): readonly MemberRecord[] {
  return members.filter(({ orgRole }) => !orgRoles[orgRole].scopes.includes(scope));
}

/** Whom open membership makes a difference for, and how many projects are out of reach of some of them without it. */
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
    const places = (teamsOfProject.get(id) ?? []).flatMap(({ teamId }) => membersOfTeam.get(teamId) ?? []);
    const reaching = new Set(places.map(({ memberId }) => memberId).filter((memberId) => bound.has(memberId)));
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

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
