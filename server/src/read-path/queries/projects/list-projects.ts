import { isId, OrgError, type ProjectRecord } from '@rollcall/protocol';
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { readProjects, readProjectTeams } from '../../../database/records/records-read.ts';
import type { Schema } from '../../../database/schema.ts';
import type { AuthorizedReader } from '../authorized-reader.ts';
import { conditionOf, matchesNothing, nameOrSlugContains, type SearchConditions } from '../search-conditions.ts';
import type { SearchTerms } from '../search-terms.ts';
import type { Window } from '../window.ts';

type Eb = ExpressionBuilder<Schema, 'projects'>;

const conditions: SearchConditions<[eb: Eb, values: readonly string[], reader: AuthorizedReader]> = {
  id: (eb, values) => {
    if (!values.every(isId)) throw invalidIds();
    return eb('projects.id', 'in', [...values]);
  },
  slug: (eb, values) => eb('projects.slug', 'in', [...values]),
  team: (eb, values) => hasTeam(eb, values),
  '!team': (eb, values) => eb.not(hasTeam(eb, values)),
  // The value is ignored: the key alone selects the caller's own projects.
  is_member: (eb, _values, { member }) => (member ? hasTeamWith(eb, member.id) : matchesNothing),
};

/** The body has the shape that existing clients expect. */
function invalidIds(): OrgError {
  const message = "All 'id' values must be integers.";
  return new OrgError('invalid', message, { body: { error: { params: { stats_period: { message } } } } });
}

function hasTeam(eb: Eb, slugs: readonly string[]): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom('project_teams')
      .innerJoin('teams', (join) =>
        join.onRef('teams.organization_id', '=', 'project_teams.organization_id').onRef('teams.id', '=', 'project_teams.team_id'),
      )
      .select('project_teams.team_id')
      .whereRef('project_teams.organization_id', '=', 'projects.organization_id')
      .whereRef('project_teams.project_id', '=', 'projects.id')
      .where('teams.slug', 'in', [...slugs]),
  );
}

function hasTeamWith(eb: Eb, memberId: string): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom('project_teams')
      .innerJoin('team_members', (join) =>
        join
          .onRef('team_members.organization_id', '=', 'project_teams.organization_id')
          .onRef('team_members.team_id', '=', 'project_teams.team_id'),
      )
      .select('project_teams.team_id')
      .whereRef('project_teams.organization_id', '=', 'projects.organization_id')
      .whereRef('project_teams.project_id', '=', 'projects.id')
      .where('team_members.member_id', '=', memberId),
  );
}

/**
 * Lists the caller's bookmarks first, then by slug. A token without a user sees only projects with
 * a team. An unknown key matches nothing (REST contract 9.1).
 * @param window null reads all projects, by slug only
 * @throws OrgError `invalid` for an id that is not a number
 */
export async function listProjects(db: Db, reader: AuthorizedReader, search: SearchTerms, window: Window | null): Promise<ProjectRecord[]> {
  const orgId = reader.state.organization!.id;
  let query = db
    .selectFrom('projects')
    .select('projects.id')
    .where('projects.organization_id', '=', orgId)
    .where((eb) => eb.and([...search.filters].map(([key, values]) => conditionOf(conditions, key, eb, values, reader))))
    .where((eb) => (search.text === '' ? eb.lit(true) : nameOrSlugContains('projects', search.text)));
  if (!reader.member) {
    query = query.where('projects.id', 'in', (eb) =>
      eb.selectFrom('project_teams').select('project_id').where('organization_id', '=', orgId),
    );
  }
  if (window && reader.actor.kind === 'user') {
    const { userId } = reader.actor;
    query = query.orderBy(
      (eb) =>
        eb.exists(
          eb
            .selectFrom('project_bookmarks')
            .select('project_bookmarks.project_id')
            .whereRef('project_bookmarks.organization_id', '=', 'projects.organization_id')
            .whereRef('project_bookmarks.project_id', '=', 'projects.id')
            .where('project_bookmarks.user_id', '=', userId),
        ),
      'desc',
    );
  }
  query = query.orderBy('projects.slug');
  const rows = await (window ? query.limit(window.limit).offset(window.offset) : query).execute();
  return readInOrder(db, orgId, rows);
}

/** A team's projects, by slug. */
export async function listProjectsOfTeam(db: Db, orgId: string, teamId: string, { limit, offset }: Window): Promise<ProjectRecord[]> {
  const rows = await db
    .selectFrom('project_teams')
    .innerJoin('projects', (join) =>
      join.onRef('projects.organization_id', '=', 'project_teams.organization_id').onRef('projects.id', '=', 'project_teams.project_id'),
    )
    .select('projects.id')
    .where('project_teams.organization_id', '=', orgId)
    .where('project_teams.team_id', '=', teamId)
    .orderBy('projects.slug')
    .limit(limit)
    .offset(offset)
    .execute();
  return readInOrder(db, orgId, rows);
}

/** Each team's projects, by slug. Teams without projects are absent. */
export async function listProjectsOfTeams(
  db: Db,
  orgId: string,
  teamIds: readonly string[],
): Promise<ReadonlyMap<string, ProjectRecord[]>> {
  const rows = await readProjectTeams(db, orgId, { teamIds });
  const projects = await readProjects(db, orgId, { ids: [...new Set(rows.map(({ projectId }) => projectId))] });
  const order = new Map(projects.map((project, index) => [project.id, index]));
  const byTeam = new Map<string, ProjectRecord[]>();
  // A project may have been removed since its row was read.
  const ofProjects = rows.filter(({ projectId }) => order.has(projectId));
  for (const { projectId, teamId } of ofProjects.sort((a, b) => order.get(a.projectId)! - order.get(b.projectId)!)) {
    const project = projects[order.get(projectId)!]!;
    const known = byTeam.get(teamId);
    if (known) known.push(project);
    else byTeam.set(teamId, [project]);
  }
  return byTeam;
}

async function readInOrder(db: Db, orgId: string, rows: readonly { readonly id: string }[]): Promise<ProjectRecord[]> {
  const projects = await readProjects(db, orgId, { ids: rows.map(({ id }) => id) });
  const byId = new Map(projects.map((project) => [project.id, project]));
  return rows.flatMap(({ id }) => byId.get(id) ?? []);
}
