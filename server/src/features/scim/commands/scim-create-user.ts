import { type MemberRecord, OrgError, type OrgState } from '@rollcall/protocol';
import { saveExternalId } from '../../../database/members/scim-external-ids.ts';
import { readMembers } from '../../../database/records/records-read.ts';
import { authorizeScim } from '../../../domain/access/scim-access.ts';
import { memberInvited } from '../../../domain/audit/audit.ts';
import { created, updated } from '../../../domain/changes.ts';
import { inviteExpiry, isWithinInviteLimits, refuseSwitchedOff } from '../../../domain/invites/invites.ts';
import { invitedEmailErrors, pendingMember } from '../../../domain/invites/pending-member.ts';
import { removedMembers } from '../../../domain/members/member-removal.ts';
import type { Command } from '../../../write-path/command.ts';
import { invitationMail } from '../../../write-path/commands/invites/invitation-mail.ts';
import { loadNewInvite, type NewInvite } from '../../../write-path/commands/invites/load-new-invite.ts';
import { saveSentInvite } from '../../../write-path/commands/invites/recent-invites.ts';
import { saveInviteTokens } from '../../../write-path/commands/invites/save-invite-tokens.ts';
import { loadEnteredState } from '../../../write-path/commands/load-by-path.ts';
import { readMembersByAsserted } from '../database/asserted-addresses.ts';
import { provisionedRole, type ScimUser, withFlags } from '../domain/users.ts';
import { scimExternalIdConflicts } from './load-scim.ts';

export interface ScimCreateUser {
  /** Null if it could not be parsed. */
  readonly email: string | null;
  /** In lower case. Blank stands for the organization's default role. */
  readonly role: string;
  readonly externalId: string | null;
}

interface Facts extends NewInvite {
  readonly state: OrgState;
}

interface CreatedUser extends ScimUser {
  readonly providerKey: string;
  /** The nonce that the invite's token is derived from. Null if it gets no token. */
  readonly nonce: string | null;
  readonly hasMail: boolean;
}

/**
 * Invites a person for the identity provider (REST contract 12.1). An open request for the same
 * address is approved. Above the limits for invites, the invite is created without a mail. Then the
 * person joins only by a login that accepts invitations for verified addresses (REST contract
 * 13.7), or after the invite is sent again.
 */
export const scimCreateUser: Command<ScimCreateUser, Facts, CreatedUser> = {
  name: 'scim-create-user',

  async load(tx, { email }, context) {
    const state = await loadEnteredState(tx, context);
    const [invite, asserted] = await Promise.all([
      loadNewInvite(tx, context, email),
      email === null ? [] : readMembersByAsserted(tx, context.orgId, [email.toLowerCase()]),
    ]);
    const members = asserted.length === 0 ? [] : await readMembers(tx, context.orgId, { ids: asserted.map(({ memberId }) => memberId) });
    return { state, ...invite, sameEmail: [...invite.sameEmail, ...members] };
  },

  decide(input, facts, { actor, now, invites, inviteDays, retiredRoles, refuseInvalid }) {
    const { state, sameEmail } = facts;
    authorizeScim(state, actor, ['member:write', 'member:admin']);
    refuseSwitchedOff(invites === 'off');
    const { orgRole, isRestricted } = provisionedRole(input.role, state.organization!, retiredRoles);
    refuseMember(sameEmail);
    refuseInvalid(invitedEmailErrors(input.email, sameEmail));

    const nonce = invites === 'on' ? facts.nonce : null;
    const inviteExpiresAt = nonce === null ? null : inviteExpiry(now, inviteDays);
    const fresh = pendingMember({ id: facts.id, email: input.email!, orgRole, inviteStatus: 'approved', inviteExpiresAt, now }, null);
    const [request, ...otherRequests] = sameEmail;
    const approved: MemberRecord = request ? { ...request, orgRole, inviteStatus: 'approved', inviteExpiresAt } : fresh;
    const member = withFlags(approved, isRestricted);
    const teamsOfOthers = facts.sameEmailTeams.filter(({ memberId }) => otherRequests.some(({ id }) => id === memberId));
    const hasMail = nonce !== null && isWithinInviteLimits(facts.recent);
    return {
      changes: [
        ...removedMembers(otherRequests, teamsOfOthers),
        ...(request ? updated('member', request, member) : [created('member', member)]),
      ],
      audit: [memberInvited(member, invites)],
      mails: hasMail ? [invitationMail(state.organization!, member, nonce)] : [],
      result: { member, externalId: input.externalId, assertedEmail: null, providerKey: state.authProvider!.key, nonce, hasMail },
    };
  },

  async persistSideEffects(tx, { result: { member, externalId, nonce, hasMail } }, context) {
    if (externalId !== null) await saveExternalId(tx, 'members', context.orgId, member.id, externalId);
    if (nonce !== null) await saveInviteTokens(tx, context.orgId, [{ memberId: member.id, nonce }], context.deriveToken);
    if (hasMail) await saveSentInvite(tx, context, member.email!);
  },

  conflicts: scimExternalIdConflicts,
};

/** Lists leave out disabled users, so the error states why the provider doesn't find them. */
function refuseMember(sameEmail: readonly MemberRecord[]): void {
  const users = sameEmail.flatMap(({ user }) => user ?? []);
  if (users.length === 0) return;
  const remedy = users.some(({ isActive }) => isActive)
    ? ''
    : ' Their account is disabled on this server, so lists don’t contain them. Ask the operator to enable it.';
  throw new OrgError('already-exists', `User already exists in the database.${remedy}`);
}
