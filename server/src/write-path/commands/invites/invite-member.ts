import { type MemberRecord, OrgError, type OrgRoleId, type OrgState, type TeamRecord } from '@rollcall/protocol';
import { readTeams } from '../../../database/records/records-read.ts';
import { type Actor, hasNoUser, memberOfActor } from '../../../domain/actor.ts';
import { hidesAddressesFrom } from '../../../domain/audience.ts';
import { memberInvited } from '../../../domain/audit/audit.ts';
import { authorize, forbidden, isAuthorized } from '../../../domain/authorize.ts';
import { created } from '../../../domain/changes.ts';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import { inviteExpiry, refuseSwitchedOff, refuseTooManyInvites } from '../../../domain/invites/invites.ts';
import { invitedEmailErrors, pendingMember } from '../../../domain/invites/pending-member.ts';
import { removedMembers } from '../../../domain/members/member-removal.ts';
import {
  assignableRoleErrors,
  type GivenRole,
  isOrgRole,
  retiredRole,
  rolesForInvites,
  unknownRoleErrors,
} from '../../../domain/members/role-assignment.ts';
import { membershipsOf, type TeamChoice, teamChoiceErrors } from '../../../domain/teams/team-choice.ts';
import type { Command } from '../../command.ts';
import { loadActorState } from '../../load-state.ts';
import { invitationMail } from './invitation-mail.ts';
import { loadNewInvite, type NewInvite } from './load-new-invite.ts';
import { saveSentInvite } from './recent-invites.ts';
import { saveInviteTokens } from './save-invite-tokens.ts';

export interface InviteMember {
  /** Null if it could not be parsed. */
  readonly email: string | null;
  /** Null if it could not be parsed. */
  readonly role: GivenRole | null;
  readonly teams: TeamChoice | null;
  /** If false, the invite still has a token, so its mail can be sent later. */
  readonly sendInvite: boolean;
}

interface Facts extends NewInvite {
  readonly state: OrgState;
  /** The teams that the invite names and that exist. */
  readonly teams: readonly TeamRecord[];
}

interface Invited {
  readonly member: MemberRecord;
  /** The nonce that the invite's token is derived from. Null if it gets no token. */
  readonly nonce: string | null;
  /**
   * Whether the inviter may not see addresses. The response then shows the invite as they see it.
   */
  readonly hidesAddresses: boolean;
}

/**
 * Invites an address. The invite is a member without a user until it is accepted (REST contract
 * 6.3).
 */
export const inviteMember: Command<InviteMember, Facts, Invited> = {
  name: 'invite-member',

  async load(tx, { email, teams }, context) {
    const { orgId, actor } = context;
    const [state, invite, found] = await Promise.all([
      loadActorState(tx, orgId, actor),
      loadNewInvite(tx, context, email),
      teams ? readTeams(tx, orgId, { slugs: teams.items.map(({ slug }) => slug) }) : [],
    ]);
    return { state, ...invite, teams: found };
  },

  decide(input, facts, { actor, now, invites, inviteDays, retiredRoles, refuseInvalid }) {
    const { state, id } = facts;
    const hidesAddresses = hidesAddressesFrom(state, actor);
    refuseUninvited(state, actor);
    refuseSwitchedOff(invites === 'off');
    if (hasNoUser(actor)) refuseRoleForToken(input);
    refuseInvalid(
      hidesAddresses ? {} : invitedEmailErrors(input.email, facts.sameEmail),
      roleErrors(input, state, actor, retiredRoles),
      teamChoiceErrors(input.teams, facts.teams),
    );
    refuseTooManyInvites(facts.recent);
    refuseForeignTeams(state, actor, facts.teams);

    const orgRole = input.role!.value as OrgRoleId;
    const nonce = invites === 'on' ? facts.nonce : null;
    const inviteExpiresAt = nonce === null ? null : inviteExpiry(now, inviteDays);
    const member = pendingMember(
      { id, email: input.email!, orgRole, inviteStatus: 'approved', inviteExpiresAt, now },
      memberOfActor(state, actor),
    );
    // An inviter who may not see addresses gets the same response whether or not the address is
    // known. If it belongs to a member, an invite without effect is created. An existing invite
    // stays unchanged. In each case the audit entry creates a revision. A later read with the id of
    // the response is 404 for an address that was invited (REST contract 5.1).
    const pending = facts.sameEmail.filter(({ user }) => user === null);
    const invited = pending.find(({ inviteStatus }) => inviteStatus === 'approved');
    if (invited) {
      const audit = [memberInvited(invited, invites)];
      return { changes: [], audit, result: { member, nonce: null, hidesAddresses } };
    }
    // The team roles are checked and then dropped, because an invite stores only its teams (REST
    // contract 6.3).
    const teamMembers = input.teams ? membershipsOf(input.teams, facts.teams, id, []).map((row) => ({ ...row, teamRole: null })) : [];
    const teamsOfPending = facts.sameEmailTeams.filter(({ memberId }) => pending.some(({ id }) => id === memberId));
    const changes = [
      ...removedMembers(pending, teamsOfPending),
      created('member', member),
      ...teamMembers.map((row) => created('team-member', row)),
    ];
    const mails = input.sendInvite && nonce !== null ? [invitationMail(state.organization!, member, nonce)] : [];
    return { changes, audit: [memberInvited(member, invites)], mails, result: { member, nonce, hidesAddresses } };
  },

  async persistSideEffects(tx, { result: { member, nonce } }, context) {
    await Promise.all([
      nonce === null ? null : saveInviteTokens(tx, context.orgId, [{ memberId: member.id, nonce }], context.deriveToken),
      saveSentInvite(tx, context, member.email!),
    ]);
  },
};

/** Check 1. If members may not invite, `member:write` or `member:admin` is required. */
function refuseUninvited(state: OrgState, actor: Actor): void {
  authorize(state, actor, ['member:invite', 'member:write', 'member:admin']);
  if (!state.organization!.allowMemberInvite && !isAuthorized(state, actor, ['member:write', 'member:admin'])) throw forbidden();
}

/**
 * Check 3. An organization token has no member row whose role could be compared with another. The
 * check precedes the one for unknown roles.
 */
function refuseRoleForToken({ role }: InviteMember): void {
  if (role === null || role.value === 'member') return;
  const message = 'Integration tokens are restricted to inviting new members with the member role only.';
  throw new OrgError('invalid', message, { body: [message] });
}

/** Checks 5 to 7. */
function roleErrors({ role }: InviteMember, state: OrgState, actor: Actor, retiredRoles: ReadonlySet<OrgRoleId>): FieldErrors {
  if (role === null) return {};
  const { key, value } = role;
  if (!isOrgRole(value)) return unknownRoleErrors(role);
  if (retiredRoles.has(value)) return { [key]: [retiredRole(value)] };
  return assignableRoleErrors(role, rolesForInvites(state, actor));
}

/**
 * Check 10. Without open membership, inviters without `member:admin` may only name teams that they
 * are on.
 */
function refuseForeignTeams(state: OrgState, actor: Actor, teams: readonly TeamRecord[]): void {
  if (state.organization!.openMembership || isAuthorized(state, actor, 'member:admin')) return;
  const inviter = memberOfActor(state, actor);
  if (teams.every(({ id }) => inviter && state.teamMember(id, inviter.id))) return;
  throw new OrgError('invalid', 'You cannot assign members to teams you are not a member of.');
}
