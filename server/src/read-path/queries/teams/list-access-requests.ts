import type { MemberRecord, MemberUser, TeamRecord } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readMembers, readTeams } from '../../../database/records/records-read.ts';
import { isAuthorized } from '../../../domain/authorize.ts';
import type { AuthorizedReader } from '../authorized-reader.ts';
import { readUsersById } from '../identity/find-users.ts';

export interface AccessRequestRow {
  readonly id: string;
  readonly member: MemberRecord;
  readonly team: TeamRecord;
  /** The user who made the request for the member. Null when the members made it themselves. */
  readonly requester: MemberUser | null;
}

/**
 * The most requests in the list, which has no pages (REST contract 8.5). Far fewer are pending at a
 * time.
 */
const requestsMax = 1_000;

/**
 * Requests to join a team, newest first. A caller who manages the organization gets all of them.
 * Another caller with write access to teams gets those of their own teams. Any other caller gets
 * none (REST contract 8.5).
 */
export async function listAccessRequests(db: Db, { state, actor, member }: AuthorizedReader): Promise<AccessRequestRow[]> {
  const orgId = state.organization!.id;
  const seesAll = isAuthorized(state, actor, 'org:write');
  const ownTeamIds = member && !seesAll ? [...state.teamIdsOfMember(member.id)] : [];
  for (const team of await readTeams(db, orgId, { ids: ownTeamIds })) state.put('team', team);
  const teamIds = ownTeamIds.filter((teamId) => isAuthorized(state, actor, 'team:write', { teamId }));
  if (!seesAll && teamIds.length === 0) return [];
  let query = db
    .selectFrom('access_requests')
    .select(['id', 'team_id', 'member_id', 'requester_id'])
    .where('organization_id', '=', orgId)
    .orderBy('id', 'desc')
    .limit(requestsMax);
  if (!seesAll) query = query.where('team_id', 'in', teamIds);
  const rows = await query
    // A request needs no decision once its member is on the team or is no active member.
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('team_members')
            .select('team_members.member_id')
            .whereRef('team_members.organization_id', '=', 'access_requests.organization_id')
            .whereRef('team_members.team_id', '=', 'access_requests.team_id')
            .whereRef('team_members.member_id', '=', 'access_requests.member_id'),
        ),
      ),
    )
    .execute();
  const members = new Map((await readMembers(db, orgId, { ids: rows.map((row) => row.member_id) })).map((found) => [found.id, found]));
  const teams = new Map((await readTeams(db, orgId, { ids: rows.map((row) => row.team_id) })).map((team) => [team.id, team]));
  const requesters = await readUsersById(
    db,
    rows.flatMap(({ requester_id }) => requester_id ?? []),
  );
  return rows.flatMap(({ id, team_id, member_id, requester_id }) => {
    const [asking, team] = [members.get(member_id), teams.get(team_id)];
    if (!asking?.user?.isActive || !team) return [];
    return { id, member: asking, team, requester: requester_id === null ? null : (requesters.get(requester_id) ?? null) };
  });
}
