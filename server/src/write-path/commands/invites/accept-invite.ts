import { type MemberRecord, type MemberUser, OrgError, type OrgState, type TeamMemberRecord } from '@rollcall/protocol';
import { isPrimaryTrusted } from '../../../database/identity/user-emails.ts';
import { readJoiningUsers } from '../../../database/identity/users-read.ts';
import { readMembers, readTeamMembers } from '../../../database/records/records-read.ts';
import { memberEvent } from '../../../domain/audit/audit.ts';
import { lacksSecondFactor } from '../../../domain/caller-access.ts';
import { updated } from '../../../domain/changes.ts';
import { isAcceptableInvite, isProvisionedInvite } from '../../../domain/invites/invites.ts';
import { invitesOfPerson, obsoleteInvites, removedMembers, withoutDuplicates } from '../../../domain/members/member-removal.ts';
import { reattachedMember } from '../../../domain/members/second-factor.ts';
import { isTokenOf } from '../../../runtime/secrets/derived-tokens.ts';
import type { Command } from '../../command.ts';
import { loadActorState } from '../../load-state.ts';
import { readInviteTokenHash } from './save-invite-tokens.ts';

export interface AcceptInvite {
  readonly memberId: string;
  readonly token: string;
}

interface Facts {
  readonly state: OrgState;
  /** Null if no invite has this id, or if the token belongs to another invite. */
  readonly invite: MemberRecord | null;
  readonly inviteTeams: readonly TeamMemberRecord[];
  readonly user: MemberUser | null;
  /**
   * Other invites for the same address or of the same user, which are obsolete once this one is
   * accepted.
   */
  readonly others: readonly MemberRecord[];
  readonly otherTeams: readonly TeamMemberRecord[];
  /** Whether the user verified their address long enough ago that no one else can have added it. */
  readonly isTrustedAddress: boolean;
}

export type AcceptedInvite = 'accepted' | 'already-member';

/** @throws OrgError always */
export function refuseAcceptance(): never {
  const message = 'unable to accept organization invite';
  throw new OrgError('invalid', message, { body: { details: message } });
}

/**
 * Accepts an invite: the caller becomes a member with its role and teams (REST contract 7.4). The
 * caller's address may differ from the invited one. If the caller is already a member, the invite
 * is consumed without effect. If the identity provider has invited the caller's own address too,
 * that invite is accepted instead, because the provider knows the person by it.
 */
export const acceptInvite: Command<AcceptInvite, Facts, AcceptedInvite> = {
  name: 'accept-invite',

  async load(tx, { memberId, token }, { orgId, actor }) {
    const state = await loadActorState(tx, orgId, actor);
    const [user = null] = actor.kind === 'user' ? await readJoiningUsers(tx, [actor.userId]) : [];
    const [found] = await readMembers(tx, orgId, { ids: [memberId] });
    const invite = found && isTokenOf(await readInviteTokenHash(tx, orgId, memberId), token) ? found : null;
    const sameAddress = user?.email ? invitesOfPerson(await readMembers(tx, orgId, { inviteEmails: [user.email] }), user.id) : [];
    const detached = user ? await readMembers(tx, orgId, { detachedUserIds: [user.id] }) : [];
    const others = withoutDuplicates([...sameAddress, ...detached]).filter(({ id }) => id !== memberId);
    return {
      state,
      invite,
      inviteTeams: await readTeamMembers(tx, orgId, { memberIds: [memberId] }),
      user,
      others,
      otherTeams: await readTeamMembers(tx, orgId, { memberIds: others.map(({ id }) => id) }),
      isTrustedAddress: user !== null && (await isPrimaryTrusted(tx, user)),
    };
  },

  decide(_input, { state, invite, inviteTeams, user, others, otherTeams, isTrustedAddress }, { now, actor }) {
    const { status, require2FA, requiresSso } = state.organization!;
    if (!user?.isActive || !invite || status !== 'active' || !isAcceptableInvite(invite, now)) return refuseAcceptance();
    if (state.memberOfUser(user.id)) return { changes: removedMembers([invite], inviteTeams), result: 'already-member' };
    // Only a login through the provider links the new member (REST contract 17.5).
    if (requiresSso || (require2FA && (!user.has2fa || (actor.kind === 'user' && lacksSecondFactor(actor))))) return refuseAcceptance();
    const provisioned = isTrustedAddress ? others.find(isProvisionedInvite) : undefined;
    const accepted = isProvisionedInvite(invite) ? invite : (provisioned ?? invite);
    const member = reattachedMember(accepted, user);
    return {
      changes: [
        ...obsoleteInvites([invite, ...others], [...inviteTeams, ...otherTeams], accepted.id),
        ...updated('member', accepted, member),
      ],
      audit: [memberEvent('member.accept-invite', member, 'accepted the membership invite')],
      result: 'accepted',
    };
  },
};
