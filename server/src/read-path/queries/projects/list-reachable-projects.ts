import { isId, type OrgRoleId, orgRoleIds, orgRoles, type ProjectRecord } from '@rollcall/protocol';
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { readProjects } from '../../../database/records/records-read.ts';
import type { Schema } from '../../../database/schema.ts';
import type { CallingActor } from '../../../domain/actor.ts';
import { readAdmittedIds } from '../organizations/caller-states.ts';
import { conditionOf, matchesNothing, nameOrSlugContains, type SearchConditions } from '../search-conditions.ts';
import type { SearchTerms } from '../search-terms.ts';
import type { Window } from '../window.ts';

export interface ReachableProject {
  readonly orgId: string;
  readonly project: ProjectRecord;
}

type Eb = ExpressionBuilder<Schema, 'projects' | 'organizations'>;

const conditions: SearchConditions<[eb: Eb, values: readonly string[]]> = {
  slug: (eb, values) => eb('projects.slug', 'in', [...values]),
  id: (eb, values) => (values.every(isId) ? eb('projects.id', 'in', [...values]) : matchesNothing),
  dsn: (eb, values) =>
    eb.exists(
      eb
        .selectFrom('project_keys')
        .select('project_keys.project_id')
        .whereRef('project_keys.organization_id', '=', 'projects.organization_id')
        .whereRef('project_keys.project_id', '=', 'projects.id')
        .where('project_keys.public_key', 'in', [...values]),
    ),
};

const globalRoles: readonly OrgRoleId[] = orgRoleIds.filter((role) => orgRoles[role].isGlobal);

/**
 * The projects that the caller can reach in all organizations, by slug (REST contract 3.4, 9.1). An
 * unknown key matches nothing. Organizations to which the caller has no access at the moment are
 * left out.
 */
export async function listReachableProjects(db: Db, actor: CallingActor, search: SearchTerms, window: Window): Promise<ReachableProject[]> {
  const admittedIds = await readAdmittedIds(db, actor);
  const rows = await db
    .selectFrom('projects')
    .innerJoin('organizations', 'organizations.id', 'projects.organization_id')
    .select(['projects.id', 'projects.organization_id'])
    .where((eb) => isReachable(eb, actor, admittedIds))
    .where((eb) => eb.and([...search.filters].map(([key, values]) => conditionOf(conditions, key, eb, values))))
    .where((eb) => (search.text === '' ? eb.lit(true) : nameOrSlugContains('projects', search.text)))
    .orderBy('projects.slug')
    .orderBy('projects.id')
    .limit(window.limit)
    .offset(window.offset)
    .execute();
  const found = new Map<string, ReachableProject>();
  for (const orgId of new Set(rows.map((row) => row.organization_id))) {
    const ids = rows.filter((row) => row.organization_id === orgId).map(({ id }) => id);
    for (const project of await readProjects(db, orgId, { ids })) found.set(project.id, { orgId, project });
  }
  return rows.flatMap(({ id }) => found.get(id) ?? []);
}

/** @param admittedIds null for all organizations */
function isReachable(eb: Eb, actor: CallingActor, admittedIds: readonly string[] | null): Expression<SqlBool> {
  if (actor.kind === 'service' || admittedIds === null) return sql<SqlBool>`true`;
  const isAdmitted = eb('organizations.id', '=', anyOf('bigint', admittedIds));
  if (actor.kind === 'org-token') return isAdmitted;
  const isReachableByMember = eb.exists(
    eb
      .selectFrom('members')
      .select('members.id')
      .whereRef('members.organization_id', '=', 'organizations.id')
      .where('members.user_id', '=', actor.userId)
      .where((members) =>
        members.or([
          sql<SqlBool>`(organizations.flags ->> 'openMembership')::boolean`,
          members('members.role', 'in', [...globalRoles]),
          members.exists(
            members
              .selectFrom('project_teams')
              .innerJoin('team_members', (join) =>
                join
                  .onRef('team_members.organization_id', '=', 'project_teams.organization_id')
                  .onRef('team_members.team_id', '=', 'project_teams.team_id'),
              )
              .select('project_teams.team_id')
              .whereRef('project_teams.organization_id', '=', 'projects.organization_id')
              .whereRef('project_teams.project_id', '=', 'projects.id')
              .whereRef('team_members.member_id', '=', 'members.id'),
          ),
        ]),
      ),
  );
  return eb.and([isAdmitted, isReachableByMember]);
}
