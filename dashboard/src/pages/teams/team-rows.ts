import type { OrganizationState, TeamMemberRecord, TeamRecord } from '@rollcall/client';
import { foldText, wordsTest } from '@rollcall/react/parts';

export interface TeamRow {
  readonly id: string;
  readonly team: TeamRecord;
  /** The viewer's membership. */
  readonly own: TeamMemberRecord | null;
  readonly memberCount: number;
  readonly projectCount: number;
}

type Lists = Pick<OrganizationState, 'teams' | 'teamMembers' | 'projectTeams'>;

/** The viewer's teams first, then by slug. Counts do not include invited people. */
export function teamRowsOf({ teams, teamMembers, projectTeams }: Lists, ownMemberId: string | null, activeIds: ReadonlySet<string>) {
  const memberCounts = new Map<string, number>();
  const own = new Map<string, TeamMemberRecord>();
  for (const membership of teamMembers) {
    if (activeIds.has(membership.memberId)) memberCounts.set(membership.teamId, (memberCounts.get(membership.teamId) ?? 0) + 1);
    if (membership.memberId === ownMemberId) own.set(membership.teamId, membership);
  }
  const projectCounts = new Map<string, number>();
  for (const { teamId } of projectTeams) projectCounts.set(teamId, (projectCounts.get(teamId) ?? 0) + 1);
  return teams
    .map<TeamRow>((team) => ({
      id: team.id,
      team,
      own: own.get(team.id) ?? null,
      memberCount: memberCounts.get(team.id) ?? 0,
      projectCount: projectCounts.get(team.id) ?? 0,
    }))
    .toSorted((a, b) => Number(b.own !== null) - Number(a.own !== null) || (a.team.slug < b.team.slug ? -1 : 1));
}

export function searchTeams(rows: readonly TeamRow[], text: string): readonly TeamRow[] {
  if (text.trim() === '') return rows;
  const hasWords = wordsTest(text);
  return rows.filter(({ team }) => hasWords(foldText(`${team.slug}\n${team.name}`)));
}
