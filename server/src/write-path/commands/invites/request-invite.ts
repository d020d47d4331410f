import type { MemberRecord, OrgRoleId, OrgState, TeamRecord } from '@rollcall/protocol';
import { countInviteRequests } from '../../../database/invites/invite-requests.ts';
import { readMembersByEmail } from '../../../database/members/members-by-email.ts';
import { readTeams } from '../../../database/records/records-read.ts';
import { memberOfActor, userIdOf } from '../../../domain/actor.ts';
import { hidesAddressesFrom } from '../../../domain/audience.ts';
import { memberEvent } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import { created } from '../../../domain/changes.ts';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import { invitedEmailErrors, pendingMember, refuseWithSso } from '../../../domain/invites/pending-member.ts';
import { type GivenRole, unknownRoleErrors } from '../../../domain/members/role-assignment.ts';
import { membershipsOf, type TeamChoice, teamChoiceErrors } from '../../../domain/teams/team-choice.ts';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { Command } from '../../command.ts';
import { allocateId, loadActorState } from '../../load-state.ts';
import { nameActor } from '../mail-names.ts';
import { loadApproverAddresses } from '../mail-recipients.ts';
import { assertAtMost, countNotice } from '../notice-limits.ts';

export interface RequestInvite {
  /** Null if it could not be parsed. */
  readonly email: string | null;
  /** Null if it could not be parsed. */
  readonly role: GivenRole | null;
  readonly teams: TeamChoice | null;
}

interface Facts {
  readonly state: OrgState;
  readonly id: string;
  readonly sameEmail: readonly MemberRecord[];
  readonly teams: readonly TeamRecord[];
  readonly approverAddresses: readonly string[];
}

export interface RequestedInvite {
  readonly member: MemberRecord;
  /**
   * False if the address has an invite or a request already. The response doesn't show that, but a
   * later read with its id is 404 (REST contract 5.1).
   */
  readonly isNew: boolean;
  /**
   * Whether the caller may not see addresses. The response then shows the request as they see it.
   */
  readonly hidesAddresses: boolean;
}

/**
 * Requests an invite for a person, with any role (REST contract 7.2). Owners and managers decide.
 */
export const requestInvite: Command<RequestInvite, Facts, RequestedInvite> = {
  name: 'request-invite',

  async load(tx, { email, teams }, { orgId, actor }) {
    return {
      state: await loadActorState(tx, orgId, actor),
      id: await allocateId(tx),
      sameEmail: email === null ? [] : await readMembersByEmail(tx, orgId, email),
      teams: await readTeams(tx, orgId, { slugs: teams?.items.map(({ slug }) => slug) ?? [] }),
      approverAddresses: await loadApproverAddresses(tx, orgId),
    };
  },

  decide(input, { state, id, sameEmail, teams, approverAddresses }, { orgId, actor, now, refuseInvalid }) {
    authorize(state, actor, ['member:read', 'member:write', 'member:admin']);
    refuseWithSso(state.organization!);
    const hidesAddresses = hidesAddressesFrom(state, actor);
    refuseInvalid(
      hidesAddresses ? {} : requestedEmailErrors(input.email, sameEmail),
      input.role ? unknownRoleErrors(input.role) : {},
      teamChoiceErrors(input.teams, teams),
    );
    const orgRole = input.role!.value as OrgRoleId;
    const inviteStatus = 'requested_to_be_invited';
    const request = pendingMember(
      { id, email: input.email!, orgRole, inviteStatus, inviteExpiresAt: null, now },
      memberOfActor(state, actor),
    );
    const told = (about: MemberRecord) => [memberEvent('invite-request.create', about, `requested to invite ${about.email}`)];
    // For an address with an invite or a request, only an audit entry is added. It creates a
    // revision, as a new request does.
    const waiting = sameEmail.find(({ user }) => user === null);
    if (waiting) return { changes: [], audit: told(waiting), result: { member: request, isNew: false, hidesAddresses } };
    const teamMembers = input.teams ? membershipsOf(input.teams, teams, id, []).map((row) => ({ ...row, teamRole: null })) : [];
    const params = {
      orgName: state.organization!.name,
      email: request.email!,
      requesterName: nameActor(state, actor),
      namedUserId: userIdOf(actor),
    };
    return {
      changes: [created('member', request), ...teamMembers.map((row) => created('team-member', row))],
      audit: told(request),
      mails: approverAddresses.map((to): NoticeToSend => ({ template: 'invite-request', params, to, about: orgId })),
      result: { member: request, isNew: true, hidesAddresses },
    };
  },

  async persistSideEffects(tx, { result: { isNew } }, context) {
    const { orgId, actor, limits } = context;
    // Counted also for known addresses, so that the response doesn't show whether an address is
    // known.
    await countNotice(tx, context, 'invite-request');
    const waiting = (await countInviteRequests(tx, orgId, userIdOf(actor))) + (isNew ? 0 : 1);
    assertAtMost(waiting, limits.inviteRequestsPerMember, 'You have too many open invite requests.');
  },
};

function requestedEmailErrors(email: string | null, sameEmail: readonly MemberRecord[]): FieldErrors {
  const refused = invitedEmailErrors(email, sameEmail);
  if (refused.email || sameEmail.length === 0) return refused;
  return { email: [`There is an existing invite request for ${email}`] };
}
