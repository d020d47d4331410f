import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';

export interface TeamOfProject {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

/** Each project's teams, by slug. Projects without teams are absent. */
export async function readTeamsOfProjects(
  db: Db,
  orgId: string,
  projectIds: readonly string[],
): Promise<ReadonlyMap<string, readonly TeamOfProject[]>> {
  if (projectIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('project_teams')
    .innerJoin('teams', (join) =>
      join.onRef('teams.organization_id', '=', 'project_teams.organization_id').onRef('teams.id', '=', 'project_teams.team_id'),
    )
    .select(['project_teams.project_id', 'teams.id', 'teams.slug', 'teams.name'])
    .where('project_teams.organization_id', '=', orgId)
    .where('project_teams.project_id', '=', anyOf('bigint', projectIds))
    .orderBy('teams.slug')
    .execute();
  const teams = new Map<string, TeamOfProject[]>();
  for (const { project_id, ...team } of rows) {
    const known = teams.get(project_id);
    if (known) known.push(team);
    else teams.set(project_id, [team]);
  }
  return teams;
}

/** The projects of the organization that a user has bookmarked. */
export async function readBookmarks(db: Db, orgId: string, userId: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('project_bookmarks')
    .select('project_id')
    .where('organization_id', '=', orgId)
    .where('user_id', '=', userId)
    .execute();
  return new Set(rows.map(({ project_id }) => project_id));
}
