import type { OrganizationState, ProjectRecord, TeamRecord } from '@rollcall/client';

export interface ProjectRow {
  readonly id: string;
  readonly project: ProjectRecord;
  /** Sorted by slug. */
  readonly teams: readonly TeamRecord[];
}

type Lists = Pick<OrganizationState, 'projects' | 'projectTeams' | 'teams'>;

export function projectRowsOf({ projects, projectTeams, teams }: Lists): readonly ProjectRow[] {
  const teamById = new Map(teams.map((team) => [team.id, team]));
  const teamsOf = new Map<string, TeamRecord[]>();
  for (const { projectId, teamId } of projectTeams) {
    const team = teamById.get(teamId);
    if (!team) continue;
    const own = teamsOf.get(projectId);
    if (own) own.push(team);
    else teamsOf.set(projectId, [team]);
  }
  return projects
    .map<ProjectRow>((project) => ({
      id: project.id,
      project,
      teams: (teamsOf.get(project.id) ?? []).toSorted((a, b) => (a.slug < b.slug ? -1 : 1)),
    }))
    .toSorted((a, b) => (a.project.slug < b.project.slug ? -1 : 1));
}
