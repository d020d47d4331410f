import {
  type AccessRequestRecord,
  isId,
  type MemberRecord,
  OrgError,
  type OrgState,
  type TeamRecord,
  teamMemberId,
} from '@rollcall/protocol';
import { readMembers, readTeamMembers, readTeams } from '../../../database/records/records-read.ts';
import { findAccessRequest } from '../../../database/teams/access-requests.ts';
import { teamJoined } from '../../../domain/audit/audit.ts';
import { isAuthorized, notFound } from '../../../domain/authorize.ts';
import { created, removed } from '../../../domain/changes.ts';
import type { Command } from '../../command.ts';
import { loadEnteredState } from '../load-by-path.ts';

export interface DecideAccessRequest {
  readonly requestId: string;
  /** Null if the body does not contain it. Only callers who may decide get that error. */
  readonly isApproved: boolean | null;
}

interface Facts {
  readonly state: OrgState;
  readonly request: AccessRequestRecord;
  readonly team: TeamRecord;
  readonly member: MemberRecord;
  readonly isOnTeam: boolean;
}

/** Approves or refuses a request to join a team. Both close the request (REST contract 8.5). */
export const decideAccessRequest: Command<DecideAccessRequest, Facts, null> = {
  name: 'decide-access-request',

  async load(tx, { requestId }, context) {
    const { orgId } = context;
    const state = await loadEnteredState(tx, context);
    if (!isId(requestId)) throw notFound();
    const request = await findAccessRequest(tx, orgId, requestId);
    if (!request) throw notFound();
    const [team] = await readTeams(tx, orgId, { ids: [request.teamId] });
    const [member] = await readMembers(tx, orgId, { ids: [request.memberId] });
    if (!team || !member) throw notFound();
    state.put('team', team);
    const isOnTeam = (await readTeamMembers(tx, orgId, { teamIds: [team.id], memberIds: [member.id] })).length > 0;
    return { state, request, team, member, isOnTeam };
  },

  decide({ isApproved }, { state, request, team, member, isOnTeam }, { actor }) {
    const mayDecide =
      isAuthorized(state, actor, ['org:write', 'org:admin', 'member:write', 'member:admin']) ||
      isAuthorized(state, actor, ['team:write', 'team:admin'], { teamId: team.id });
    if (!mayDecide)
      throw new OrgError('forbidden', 'You do not have permission to decide on requests to join this team.', { body: undefined });
    if (isApproved === null) throw new OrgError('invalid', 'isApproved is required and must be a boolean.', { body: undefined });
    const done = removed('access-request', request);
    if (!isApproved || isOnTeam) return { changes: [done], result: null };
    const row = { id: teamMemberId(team.id, member.id), teamId: team.id, memberId: member.id, teamRole: null };
    return { changes: [created('team-member', row), done], audit: [teamJoined(actor, member, team)], result: null };
  },
};
