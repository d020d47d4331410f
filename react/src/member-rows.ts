import {
  type MemberRecord,
  type OrganizationState,
  type OrgRoleId,
  orgRoles,
  type TeamMemberRecord,
  type TeamRecord,
} from '@rollcall/client';
import { withOwnName } from './blocked-members.ts';
import { foldText } from './match-words.ts';

export interface OnTeam {
  readonly team: TeamRecord;
  readonly membership: TeamMemberRecord;
}

/** A member with the data that the table shows and searches. */
export interface MemberRow {
  readonly id: string;
  readonly member: MemberRecord;
  readonly teams: readonly OnTeam[];
  /** The searched text, folded once instead of for each search of 10,000 rows. */
  readonly haystack: string;
  readonly sortName: string;
}

type Lists = Pick<OrganizationState, 'members' | 'invites' | 'teams' | 'teamMembers'>;

/** Members and invitations, in the order of the lists. Requests to join are left out. */
export function rowsOf({ members, invites, teams, teamMembers }: Lists): readonly MemberRow[] {
  const teamById = new Map(teams.map((team) => [team.id, team]));
  const teamsByMember = new Map<string, OnTeam[]>();
  for (const membership of teamMembers) {
    const team = teamById.get(membership.teamId);
    if (!team) continue;
    const own = teamsByMember.get(membership.memberId);
    if (own) own.push({ team, membership });
    else teamsByMember.set(membership.memberId, [{ team, membership }]);
  }
  const approved = [...members, ...invites].filter(({ inviteStatus, user }) => inviteStatus === 'approved' && user?.isActive !== false);
  return approved.map((record) => {
    const own = teamsByMember.get(record.id)?.sort((a, b) => compareTexts(a.team.slug, b.team.slug)) ?? noTeams;
    const before = knownRows.get(record);
    if (before && isSameTeams(before.teams, own)) return before;
    const member = withOwnName(record);
    const row = {
      id: member.id,
      member,
      teams: own,
      sortName: member.name.toLowerCase(),
      haystack: foldText(`${member.email ?? ''}\n${member.user?.email ?? ''}\n${member.name}`),
    };
    knownRows.set(record, row);
    return row;
  });
}

const noTeams: readonly OnTeam[] = [];

/**
 * Rows by record. A record that did not change is the same object, and so is its row, so that a
 * change of one in 10,000 members renders one row.
 */
const knownRows = new WeakMap<MemberRecord, MemberRow>();

function isSameTeams(a: readonly OnTeam[], b: readonly OnTeam[]): boolean {
  return a.length === b.length && a.every(({ team, membership }, index) => team === b[index]!.team && membership === b[index]!.membership);
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

/** `localeCompare` is many times slower, which users notice with 10,000 rows. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
