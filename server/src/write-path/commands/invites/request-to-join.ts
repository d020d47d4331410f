import type { MemberRecord, OrgState } from '@rollcall/protocol';
import { countInviteRequests } from '../../../database/invites/invite-requests.ts';
import { readMembersByEmail } from '../../../database/members/members-by-email.ts';
import { forbidden } from '../../../domain/authorize.ts';
import { created } from '../../../domain/changes.ts';
import { type FieldErrors, refuseInvalidFields } from '../../../domain/field-errors.ts';
import { pendingMember, refuseJoinRequests } from '../../../domain/invites/pending-member.ts';
import { enqueueNotices } from '../../../mail/enqueue-mail.ts';
import type { Command } from '../../command.ts';
import { countNotice, refuseBeyond } from '../../limit-notices.ts';
import { loadActorState, takeId } from '../../load-state.ts';
import { loadApproverAddresses } from '../../mails.ts';

export interface RequestToJoin {
  /** Null when its form was refused, which `malformed` then says. */
  readonly email: string | null;
  readonly malformed: FieldErrors;
}

interface Facts {
  readonly state: OrgState;
  readonly id: string;
  readonly sameEmail: readonly MemberRecord[];
}

/**
 * Asks on behalf of a visitor to be let in, with the organization's default role (REST contract 7.3). Whoever is known already
 * changes nothing and hears the same, so that nobody can find out who is in.
 */
export const requestToJoin: Command<RequestToJoin, Facts, MemberRecord | null> = {
  name: 'request-to-join',

  async load(tx, { email }, { orgId, actor }) {
    return {
      state: await loadActorState(tx, orgId, actor),
      id: await takeId(tx),
      sameEmail: email === null ? [] : await readMembersByEmail(tx, orgId, email),
    };
  },

  decide({ email, malformed }, { state, id, sameEmail }, { actor, now }) {
    if (actor.kind !== 'system') throw forbidden();
    refuseJoinRequests(state.organization);
    refuseInvalidFields(malformed);
    if (sameEmail.length > 0) return { changes: [], result: null };
    const orgRole = state.organization!.defaultRole;
    const request = pendingMember({ id, email: email!, orgRole, inviteStatus: 'requested_to_join', inviteExpiresAt: null, now }, null);
    // Not in the audit log, which shows addresses also once requests are switched off (case S-17), and where strangers would write.
    return { changes: [created('member', request)], result: request };
  },

  async persistSideEffects(tx, { result }, context, { state }) {
    if (!result) return;
    const { orgId, limits } = context;
    await countNotice(tx, context, 'join-request');
    const waiting = await countInviteRequests(tx, orgId, null);
    refuseBeyond(waiting, limits.joinRequestsPerOrganization, 'Too many requests to join wait for a decision.');
    const params = { orgName: state.organization!.name, email: result.email! };
    const approvers = await loadApproverAddresses(tx, orgId);
    await enqueueNotices(tx, ...approvers.map((to) => ({ template: 'join-request' as const, params, to, about: orgId })));
  },
};
