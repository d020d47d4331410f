import { isId, OrgError, type TeamRecord } from '@rollcall/protocol';
import type { ExpressionBuilder } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { readTeams } from '../../../database/records/records-read.ts';
import type { Schema } from '../../../database/schema.ts';
import type { AuthorizedReader } from '../authorized-reader.ts';
import { conditionOf, nameOrSlugContains, type SearchConditions } from '../search-conditions.ts';
import type { SearchTerms } from '../search-terms.ts';
import type { Window } from '../window.ts';

type Eb = ExpressionBuilder<Schema, 'teams'>;

const conditions: SearchConditions<[eb: Eb, values: readonly string[]]> = {
  slug: (eb, values) => eb('slug', 'in', [...values]),
  id: (eb, values) => {
    if (!values.every(isId)) throw new OrgError('invalid', 'Invalid id value');
    return eb('id', 'in', [...values]);
  },
  hasExternalTeams: (eb, values) => {
    const mapped = eb.exists(
      eb
        .selectFrom('external_teams')
        .select('external_teams.id')
        .whereRef('external_teams.organization_id', '=', 'teams.organization_id')
        .whereRef('external_teams.team_id', '=', 'teams.id'),
    );
    return values.includes('true') ? mapped : eb.not(mapped);
  },
};

/**
 * Lists teams by slug. An unknown key matches nothing (REST contract 8.1).
 * @param window null reads all teams
 * @throws OrgError `invalid` for an id that is not a number
 */
export async function listTeams(db: Db, orgId: string, search: SearchTerms, window: Window | null): Promise<TeamRecord[]> {
  const query = db
    .selectFrom('teams')
    .select('id')
    .where('organization_id', '=', orgId)
    .where((eb) => eb.and([...search.filters].map(([key, values]) => conditionOf(conditions, key, eb, values))))
    .where((eb) => (search.text === '' ? eb.lit(true) : nameOrSlugContains('teams', search.text)))
    .orderBy('slug');
  const rows = await (window ? query.limit(window.limit).offset(window.offset) : query).execute();
  return readTeams(db, orgId, { ids: rows.map(({ id }) => id) });
}

/** A project's teams, by slug. */
export async function listTeamsOfProject(db: Db, orgId: string, projectId: string, { limit, offset }: Window): Promise<TeamRecord[]> {
  const rows = await db
    .selectFrom('project_teams')
    .innerJoin('teams', (join) =>
      join.onRef('teams.organization_id', '=', 'project_teams.organization_id').onRef('teams.id', '=', 'project_teams.team_id'),
    )
    .select('teams.id')
    .where('project_teams.organization_id', '=', orgId)
    .where('project_teams.project_id', '=', projectId)
    .orderBy('teams.slug')
    .limit(limit)
    .offset(offset)
    .execute();
  return readTeams(db, orgId, { ids: rows.map(({ id }) => id) });
}

/** The teams of the reader, by slug. */
export async function listTeamsOfReader(db: Db, { state, member }: AuthorizedReader): Promise<TeamRecord[]> {
  return member ? readTeams(db, state.organization!.id, { ids: [...state.teamIdsOfMember(member.id)] }) : [];
}
