import { type MemberRecord, type MemberUser, OrgError, type OrgState, type TeamMemberRecord } from '@rollcall/protocol';
import { readJoiningUsers } from '../../../database/identity/users-read.ts';
import { readMembers, readTeamMembers } from '../../../database/records/records-read.ts';
import { memberEvent } from '../../../domain/audit/audit.ts';
import { updated } from '../../../domain/changes.ts';
import { isAcceptableInvite } from '../../../domain/invites/invites.ts';
import { removedMembers, withoutDuplicates } from '../../../domain/members/member-removal.ts';
import { reattachedMember } from '../../../domain/members/second-factor.ts';
import { isTokenOf } from '../../../runtime/derived-tokens.ts';
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
 * is consumed without effect.
 */
export const acceptInvite: Command<AcceptInvite, Facts, AcceptedInvite> = {
  name: 'accept-invite',

  async load(tx, { memberId, token }, { orgId, actor }) {
    const state = await loadActorState(tx, orgId, actor);
    const [user = null] = actor.kind === 'user' ? await readJoiningUsers(tx, [actor.userId]) : [];
    const [found] = await readMembers(tx, orgId, { ids: [memberId] });
    const invite = found && isTokenOf(await readInviteTokenHash(tx, orgId, memberId), token) ? found : null;
    const sameAddress = user?.email ? await readMembers(tx, orgId, { inviteEmails: [user.email] }) : [];
    const detached = user ? await readMembers(tx, orgId, { detachedUserIds: [user.id] }) : [];
    const others = withoutDuplicates([...sameAddress, ...detached]).filter(({ id }) => id !== memberId);
    return {
      state,
      invite,
      inviteTeams: await readTeamMembers(tx, orgId, { memberIds: [memberId] }),
      user,
      others,
      otherTeams: await readTeamMembers(tx, orgId, { memberIds: others.map(({ id }) => id) }),
    };
  },

  decide(_input, { state, invite, inviteTeams, user, others, otherTeams }, { now }) {
    const { status, require2FA, requiresSso } = state.organization!;
    if (!user?.isActive || !invite || status !== 'active' || !isAcceptableInvite(invite, now)) return refuseAcceptance();
    if (state.memberOfUser(user.id)) return { changes: removedMembers([invite], inviteTeams), result: 'already-member' };
    // Only a login through the provider links the new member (REST contract 17.5).
    if (requiresSso || (require2FA && !user.has2fa)) return refuseAcceptance();
    const member = reattachedMember(invite, user);
    return {
      changes: [...removedMembers(others, otherTeams), ...updated('member', invite, member)],
      audit: [memberEvent('member.accept-invite', member, 'accepted the membership invite')],
      result: 'accepted',
    };
  },
};
