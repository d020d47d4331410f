import type { MemberRecord, OrgState } from '@rollcall/protocol';
import { countJoinRequests } from '../../../database/invites/invite-requests.ts';
import { readMembersByEmail } from '../../../database/members/members-by-email.ts';
import { forbidden } from '../../../domain/authorize.ts';
import { created } from '../../../domain/changes.ts';
import { pendingMember, refuseJoinRequests } from '../../../domain/invites/pending-member.ts';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { Command } from '../../command.ts';
import { allocateId, loadActorState } from '../../load-state.ts';
import { loadApproverAddresses } from '../mail-recipients.ts';
import { assertAtMost, countNotice } from '../notice-limits.ts';

export interface RequestToJoin {
  /** Null if it could not be parsed. */
  readonly email: string | null;
}

interface Facts {
  readonly state: OrgState;
  readonly id: string;
  readonly sameEmail: readonly MemberRecord[];
  readonly approverAddresses: readonly string[];
}

/**
 * Requests on behalf of a visitor to join, with the organization's default role (REST contract
 * 7.3). A known address changes nothing and gets the same response, so that visitors can't find out
 * who is a member.
 */
export const requestToJoin: Command<RequestToJoin, Facts, MemberRecord | null> = {
  name: 'request-to-join',

  async load(tx, { email }, { orgId, actor }) {
    return {
      state: await loadActorState(tx, orgId, actor),
      id: await allocateId(tx),
      sameEmail: email === null ? [] : await readMembersByEmail(tx, orgId, email),
      approverAddresses: await loadApproverAddresses(tx, orgId),
    };
  },

  decide({ email }, { state, id, sameEmail, approverAddresses }, { orgId, actor, now, refuseInvalid }) {
    if (actor.kind !== 'system') throw forbidden();
    refuseJoinRequests(state.organization);
    refuseInvalid();
    if (sameEmail.length > 0) return { changes: [], result: null };
    const orgRole = state.organization!.defaultRole;
    const request = pendingMember({ id, email: email!, orgRole, inviteStatus: 'requested_to_join', inviteExpiresAt: null, now }, null);
    // The audit log gets no entry. It shows addresses even after requests are disabled (case S-17),
    // and strangers could fill it.
    const params = { orgName: state.organization!.name, email: email! };
    const mails = approverAddresses.map((to): NoticeToSend => ({ template: 'join-request', params, to, about: orgId }));
    return { changes: [created('member', request)], mails, result: request };
  },

  /** A known address counts too. Otherwise only unknown ones would be refused at the limits. */
  async persistSideEffects(tx, { result }, context) {
    const { orgId, limits } = context;
    await countNotice(tx, context, 'join-request');
    const waiting = (await countJoinRequests(tx, orgId)) + (result ? 0 : 1);
    assertAtMost(waiting, limits.joinRequestsPerOrganization, 'The organization has too many undecided requests to join.');
  },
};
