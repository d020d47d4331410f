import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { prepared } from '../../../database/prepared.ts';
import { countsAsTeamMember, type TeamFacts } from '../../../database/teams/team-facts.ts';

export type { TeamFacts } from '../../../database/teams/team-facts.ts';

/**
 * The facts by team. Removed teams are absent.
 * @param readerMemberId the reader's member; null without one
 */
export async function readTeamFacts(
  db: Db,
  orgId: string,
  teamIds: readonly string[],
  readerMemberId: string | null,
): Promise<ReadonlyMap<string, TeamFacts>> {
  if (teamIds.length === 0) return new Map();
  const rows = await (teamIds.length === 1
    ? selectFactsOfOne(db, orgId, teamIds[0]!, readerMemberId)
    : selectFacts(db, orgId, teamIds, readerMemberId));
  return new Map(
    rows.map(({ id, memberCount, isRequested }) => [id, { memberCount: Number(memberCount), isRequested: Boolean(isRequested) }]),
  );
}

/** Reads the facts of one team, with a statement whose plan PostgreSQL keeps: see `anyOf`. */
const selectFactsOfOne = prepared((db, orgId: string, teamId: string, readerMemberId: string | null) =>
  factsOfTeams(db, orgId, readerMemberId).where('teams.id', '=', teamId).compile(),
);

const selectFacts = prepared((db, orgId: string, teamIds: readonly string[], readerMemberId: string | null) =>
  factsOfTeams(db, orgId, readerMemberId).where('teams.id', '=', anyOf('bigint', teamIds)).compile(),
);

function factsOfTeams(db: Db, orgId: string, readerMemberId: string | null) {
  return db
    .selectFrom('teams')
    .leftJoin('team_members', (join) =>
      join.onRef('team_members.organization_id', '=', 'teams.organization_id').onRef('team_members.team_id', '=', 'teams.id'),
    )
    .leftJoin('members', (join) =>
      join
        .onRef('members.organization_id', '=', 'team_members.organization_id')
        .onRef('members.id', '=', 'team_members.member_id')
        .on(countsAsTeamMember('members')),
    )
    .select((eb) => [
      'teams.id',
      eb.fn.count<string>('members.id').as('memberCount'),
      eb
        .exists(
          eb
            .selectFrom('access_requests')
            .select('access_requests.id')
            .whereRef('access_requests.organization_id', '=', 'teams.organization_id')
            .whereRef('access_requests.team_id', '=', 'teams.id')
            .where('access_requests.member_id', '=', readerMemberId),
        )
        .as('isRequested'),
    ])
    .where('teams.organization_id', '=', orgId)
    .groupBy('teams.id');
}
