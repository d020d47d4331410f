import type { MemberRecord, MemberUser, TeamRecord } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readMembers, readTeams } from '../../../database/records/records-read.ts';
import { isAuthorized } from '../../../domain/authorize.ts';
import { readUsersById } from '../identity/find-users.ts';
import type { Viewer } from '../viewer.ts';

export interface AccessRequest {
  readonly id: string;
  readonly member: MemberRecord;
  readonly team: TeamRecord;
  /** Who asked for somebody else; null when they asked for themselves. */
  readonly requester: MemberUser | null;
}

/** Far more than wait at a time; the list has no pages (REST contract 8.5). */
const requestsMax = 1_000;

/**
 * Who asks for a place on a team, newest first: all of the organization for those who manage it, those of their own
 * teams for others who may write teams, nothing for anybody else (REST contract 8.5).
 */
export async function listAccessRequests(db: Db, { state, actor, member }: Viewer): Promise<AccessRequest[]> {
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
    // Whoever is on the team by now, or is no active member, has nothing to be decided.
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('team_members')
            .select('team_members.member_id')
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
