import {
  type MemberRecord,
  type OrganizationState,
  type OrgRoleId,
  orgRoles,
  parseSearchQuery,
  type Scope,
  type TeamMemberRecord,
  type TeamRecord,
} from '@rollcall/client';

export interface OnTeam {
  readonly team: TeamRecord;
  readonly place: TeamMemberRecord;
}

/** A member with what the table shows of them, and what the search looks at. */
export interface MemberRow {
  readonly id: string;
  readonly member: MemberRecord;
  readonly teams: readonly OnTeam[];
  /** Lower case, so that searching and sorting ten thousand need not make it. */
  readonly haystack: string;
  readonly sortName: string;
}

type Lists = Pick<OrganizationState, 'members' | 'invites' | 'teams' | 'teamMembers'>;

/** Members and invites, in the order of their ids as REST lists them. Requests to join are no members yet. */
export function rowsOf({ members, invites, teams, teamMembers }: Lists): readonly MemberRow[] {
  const teamById = new Map(teams.map((team) => [team.id, team]));
  const teamsByMember = new Map<string, OnTeam[]>();
  for (const place of teamMembers) {
    const team = teamById.get(place.teamId);
    if (!team) continue;
    const own = teamsByMember.get(place.memberId);
    if (own) own.push({ team, place });
    else teamsByMember.set(place.memberId, [{ team, place }]);
  }
  const approved = [...members, ...invites].filter(({ inviteStatus, user }) => inviteStatus === 'approved' && user?.isActive !== false);
  return approved.map((member) => {
    const own = teamsByMember.get(member.id)?.sort((a, b) => compareTexts(a.team.slug, b.team.slug)) ?? noTeams;
    const before = knownRows.get(member);
    if (before && isSameTeams(before.teams, own)) return before;
    const row = {
      id: member.id,
      member,
      teams: own,
      sortName: member.name.toLowerCase(),
      haystack: `${member.email ?? ''}\n${member.user?.email ?? ''}\n${member.name}`.toLowerCase(),
    };
    knownRows.set(member, row);
    return row;
  });
}

const noTeams: readonly OnTeam[] = [];

/** A record that did not change is the same object. Its row is too, so that one change among ten thousand draws one row. */
const knownRows = new WeakMap<MemberRecord, MemberRow>();

function isSameTeams(a: readonly OnTeam[], b: readonly OnTeam[]): boolean {
  return a.length === b.length && a.every(({ team, place }, index) => team === b[index]!.team && place === b[index]!.place);
}

/** Whether REST's list would hold the row for this query; an unknown key holds nothing. `team:` is ours beside REST's keys. */
export function searchRows(rows: readonly MemberRow[], query: string): readonly MemberRow[] {
  const { text, filters } = parseSearchQuery(query);
  const words = text.toLowerCase();
  const tests = [...filters].map(([key, values]) => testOf(key, values));
  if (words === '' && tests.length === 0) return rows;
  return rows.filter((row) => (words === '' || row.haystack.includes(words)) && tests.every((test) => test(row)));
}

type Test = (row: MemberRow) => boolean;

function testOf(key: string, values: readonly string[]): Test {
  const isTrue = values.includes('true');
  switch (key) {
    case 'id':
      return ({ member }) => values.includes(member.id);
    case 'user.id':
      return ({ member }) => member.user !== null && values.includes(member.user.id);
    case 'email': {
      const addresses = values.map((value) => value.toLowerCase());
      return ({ member }) => [member.email, member.user?.email].some((email) => email && addresses.includes(email.toLowerCase()));
    }
    case 'role':
      return ({ member }) => values.includes(member.orgRole);
    case 'scope':
      return ({ member }) => orgRoles[member.orgRole].scopes.some((scope: Scope) => values.includes(scope));
    case 'isInvited':
      return ({ member }) => (member.user === null) === isTrue;
    case 'has2fa':
      // An invite has no user who could have a second factor, or lack it.
      return ({ member }) => member.user !== null && member.user.has2fa === isTrue;
    case 'ssoLinked':
      return ({ member }) => member.flags['sso:linked'] === isTrue;
    case 'team':
      return ({ teams }) => teams.some(({ team }) => values.includes(team.slug));
    default:
      return () => false;
  }
}

export type SortKey = 'name' | 'role' | 'teams' | 'joined';

const comparisons: Readonly<Record<SortKey, (a: MemberRow, b: MemberRow) => number>> = {
  name: (a, b) => compareTexts(a.sortName, b.sortName),
  role: (a, b) => priorityOf(b.member.orgRole) - priorityOf(a.member.orgRole) || compareTexts(a.sortName, b.sortName),
  teams: (a, b) => b.teams.length - a.teams.length || compareTexts(a.sortName, b.sortName),
  joined: (a, b) => compareTexts(a.member.dateCreated, b.member.dateCreated),
};

export function sortRows(rows: readonly MemberRow[], by: SortKey, isDescending: boolean): readonly MemberRow[] {
  const compare = comparisons[by];
  return rows.toSorted((a, b) => (isDescending ? -compare(a, b) : compare(a, b)));
}

export function priorityOf(role: OrgRoleId): number {
  return orgRoles[role].priority;
}

/** Of 10,000 rows `localeCompare` takes a tenth of a second, this a few milliseconds. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
