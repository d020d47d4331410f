import type { MemberRecord, OrgState, TeamMemberRecord } from '@rollcall/protocol';
import { readTeamMembers } from '../../../database/records/records-read.ts';
import { memberEvent } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import { removedMembers } from '../../../domain/members/member-removal.ts';
import type { Command } from '../../command.ts';
import { loadEnteredState, loadInviteRequest } from '../load-by-path.ts';

export interface RemoveInviteRequest {
  /** A member id. */
  readonly member: string;
}

interface Facts {
  readonly state: OrgState;
  readonly request: MemberRecord;
  readonly requestTeams: readonly TeamMemberRecord[];
}

/** Refuses a request to invite a person, or to join (REST contract 7.2). */
export const removeInviteRequest: Command<RemoveInviteRequest, Facts, null> = {
  name: 'remove-invite-request',

  async load(tx, { member }, context) {
    const state = await loadEnteredState(tx, context);
    const request = await loadInviteRequest(tx, state, member, context);
    return { state, request, requestTeams: await readTeamMembers(tx, context.orgId, { memberIds: [request.id] }) };
  },

  decide(_input, { state, request, requestTeams }, { actor }) {
    authorize(state, actor, ['member:write', 'member:admin']);
    const audit = [memberEvent('invite-request.remove', request, `removed the invite request of ${request.email}`)];
    return { changes: removedMembers([request], requestTeams), audit, result: null };
  },
};
