import { isId } from '@rollcall/protocol';
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { readExternalIds } from '../../../database/members/scim-external-ids.ts';
import { byIdOrSlug, readTeams } from '../../../database/records/records-read.ts';
import type { Schema } from '../../../database/schema.ts';
import { growthMark } from '../../../database/statement-marks.ts';
import { readGroupsByName } from '../database/groups-by-name.ts';
import { groupSlug, isGroupNamed, type ScimGroup } from '../domain/groups.ts';
import { scimLimits } from '../limits.ts';
import { markedIfSeveral, type ScimPage, type ScimTerm, type ScimWindow } from './scim-page.ts';

/** A group with the members of its team. */
export interface ScimGroupWithMembers extends ScimGroup {
  /** Null if they were not requested. */
  readonly members: readonly ScimGroupMember[] | null;
}

export interface ScimGroupMember {
  readonly id: string;
  readonly email: string | null;
}

/**
 * Teams by slug (REST contract 12.2). A page with members has fewer teams than the limit if they
 * have too many members.
 */
export async function listScimGroups(
  db: Db,
  orgId: string,
  { terms, withMembers }: { readonly terms: readonly ScimTerm[]; readonly withMembers: boolean },
  { limit, offset }: ScimWindow,
): Promise<ScimPage<ScimGroupWithMembers>> {
  const named = await Promise.all(terms.map((term) => idsNamed(db, orgId, term)));
  const matching = db
    .selectFrom('teams')
    .where('organization_id', '=', orgId)
    .where((eb) => markedIfSeveral(terms, eb.and(terms.map((term, at) => conditionOf(eb, term, named[at]!)))));
  const [{ total }, rows] = await Promise.all([
    matching.select(sql<number>`count(*)::integer`.as('total')).executeTakeFirstOrThrow(),
    limit === 0 ? [] : matching.select('id').orderBy('slug').limit(limit).offset(offset).execute(),
  ]);
  const ids = rows.map(({ id }) => id);
  const ofPage = withMembers ? await firstOfPage(db, orgId, ids) : ids;
  return { total, items: await readGroups(db, orgId, { ids: ofPage }, withMembers) };
}

/**
 * The first teams whose members fit in a page, at least one. Requests that are not approved count
 * too, although the groups don't show them.
 */
async function firstOfPage(db: Db, orgId: string, teamIds: readonly string[]): Promise<readonly string[]> {
  if (teamIds.length < 2) return teamIds;
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM (
      SELECT team.id, number, sum(shown.count) OVER (ORDER BY number) AS members
      FROM unnest(${teamIds}::bigint[]) WITH ORDINALITY AS team (id, number), LATERAL (
        SELECT count(*) FROM (
          SELECT FROM team_members WHERE organization_id = ${orgId} AND team_id = team.id LIMIT ${scimLimits.groupMembers.value}
        ) AS first
      ) AS shown
    ) AS summed
    WHERE members <= ${scimLimits.pageMembers.value} OR number = 1 ORDER BY number`.execute(db);
  return rows.map(({ id }) => id);
}

/** The group that a path names by id or slug. Null if there is none. */
export async function readScimGroup(db: Db, orgId: string, segment: string, withMembers: boolean): Promise<ScimGroupWithMembers | null> {
  const [group] = await readGroups(db, orgId, byIdOrSlug(segment), withMembers);
  return group ?? null;
}

async function readGroups(
  db: Db,
  orgId: string,
  filter: Parameters<typeof readTeams>[2],
  withMembers: boolean,
): Promise<ScimGroupWithMembers[]> {
  const teams = await readTeams(db, orgId, filter);
  const ids = teams.map(({ id }) => id);
  const [externalIds, members] = await Promise.all([
    readExternalIds(db, 'teams', orgId, ids),
    withMembers ? readGroupMembers(db, orgId, ids) : null,
  ]);
  return teams.map((team) => {
    return { team, externalId: externalIds.get(team.id) ?? null, members: members && (members.get(team.id) ?? []) };
  });
}

/** The first members of each team, by team id. */
async function readGroupMembers(db: Db, orgId: string, teamIds: readonly string[]): Promise<Map<string, ScimGroupMember[]>> {
  if (teamIds.length === 0) return new Map();
  const { rows } = await sql<{ team_id: string; id: string; email: string | null }>`
    ${sql.raw(growthMark)} SELECT team_id, id, email FROM (
      SELECT team_members.team_id, members.id, coalesce(members.user_copy ->> 'email', members.email) AS email,
        row_number() OVER (PARTITION BY team_members.team_id ORDER BY members.id) AS place
      FROM team_members JOIN members ON members.organization_id = team_members.organization_id AND members.id = team_members.member_id
      WHERE team_members.organization_id = ${orgId} AND team_members.team_id = ${anyOf('bigint', teamIds)}
        AND members.invite_status = 'approved'
    ) AS ranked
    WHERE place <= ${scimLimits.groupMembers.value} ORDER BY id`.execute(db);
  const byTeam = new Map<string, ScimGroupMember[]>();
  for (const { team_id, id, email } of rows) {
    const known = byTeam.get(team_id);
    if (known) known.push({ id, email });
    else byTeam.set(team_id, [{ id, email }]);
  }
  return byTeam;
}

/** The ids of the groups that a term means by `displayName`. */
async function idsNamed(db: Db, orgId: string, { attribute, value }: ScimTerm): Promise<readonly string[]> {
  if (attribute !== 'displayName') return [];
  const name = String(value);
  const similar = await readGroupsByName(db, orgId, { name, slug: groupSlug(name) });
  return similar.filter((team) => isGroupNamed(team, name)).map(({ id }) => id);
}

function conditionOf(
  eb: ExpressionBuilder<Schema, 'teams'>,
  { attribute, value }: ScimTerm,
  named: readonly string[],
): Expression<SqlBool> {
  const text = String(value);
  if (attribute === 'displayName') return eb('id', '=', anyOf('bigint', named));
  if (attribute === 'externalId') return eb('scim_external_id', '=', text);
  if (!isId(text)) return eb.lit(false);
  if (attribute === 'id') return eb('id', '=', text);
  const rows = eb
    .selectFrom('team_members')
    .select('member_id')
    .whereRef('team_members.organization_id', '=', 'teams.organization_id')
    .whereRef('team_members.team_id', '=', 'teams.id')
    .where('member_id', '=', text);
  return eb.exists(rows);
}
