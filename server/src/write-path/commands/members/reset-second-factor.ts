import { type MemberRecord, type MemberUser, OrgError, type OrgState } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import { readMemberUsers } from '../../../database/identity/users-read.ts';
import { isMemberElsewhere } from '../../../database/members/members-elsewhere.ts';
import { isSelf } from '../../../domain/actor.ts';
import { memberEvent } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import { memberWithUser } from '../../../domain/members/member-user.ts';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { Command } from '../../command.ts';
import { loadAccountNotices } from '../../users/account-notice.ts';
import { lockUser } from '../../users/lock-credentials.ts';
import { refreshMembersJob } from '../../users/members/refresh-members.ts';
import { loadEnteredState, loadTargetMember } from '../load-by-path.ts';
import { loadOwnerAddresses } from '../mail-recipients.ts';
import { secondFactorLostMails } from './recovery-owner-mails.ts';

export interface ResetSecondFactor {
  /** A member id. */
  readonly member: string;
}

interface Facts {
  readonly state: OrgState;
  readonly target: MemberRecord;
  /** Null for an invite. */
  readonly user: MemberUser | null;
  readonly isElsewhere: boolean;
  /** To the member. Empty for an invite. */
  readonly notices: readonly NoticeToSend[];
  readonly ownerAddresses: readonly string[];
}

/**
 * Removes the second factor and the recovery codes of a member who lost them. The caller must be an
 * owner. The user must belong only to this organization, because another organization may rely on
 * the second factor (REST contract 6.4, `canReset2fa`). Run `endSessions` next to end the user's
 * sessions. After a crash in between, the sessions have expired, and the sweep ends them.
 */
export const resetSecondFactor: Command<ResetSecondFactor, Facts, { readonly userId: string }> = {
  name: 'reset-second-factor',

  async load(tx, input, context) {
    const state = await loadEnteredState(tx, context);
    authorize(state, context.actor, 'org:admin');
    const target = await loadTargetMember(tx, state, input.member, context);
    const userId = target.user?.id ?? null;
    if (userId === null) return { state, target, user: null, isElsewhere: false, notices: [], ownerAddresses: [] };
    // Locks the user. A command of another organization that makes them a member there either
    // commits first or waits.
    await lockUser(tx, userId);
    const [user = null] = await readMemberUsers(tx, [userId]);
    const isElsewhere = await isMemberElsewhere(tx, userId, context.orgId);
    const notices = await loadAccountNotices(tx, userId, 'second-factor-reset');
    return { state, target, user, isElsewhere, notices, ownerAddresses: await loadOwnerAddresses(tx, context.orgId) };
  },

  decide(_input, { state, target, user, isElsewhere, notices, ownerAddresses }, { actor }) {
    if (isSelf(actor, target)) throw new OrgError('invalid', 'Remove your own second factor in your account.');
    if (!user?.has2fa) throw new OrgError('invalid', 'This member has no second factor.');
    if (isElsewhere) {
      throw new OrgError(
        'forbidden',
        'This member also belongs to another organization. Ask the operator of the server to reset their second factor.',
      );
    }
    const member = memberWithUser<MemberRecord>(target, { ...user, has2fa: false });
    return {
      changes: updated('member', target, member),
      audit: [memberEvent('member.edit', member, `reset the second factor of ${member.email}`)],
      mails: [...notices, ...secondFactorLostMails(state.organization!, target, member, ownerAddresses)],
      jobs: [refreshMembersJob(user.id)],
      result: { userId: user.id },
    };
  },

  async persistSideEffects(tx, { result: { userId } }) {
    await tx.deleteFrom('authenticators').where('user_id', '=', userId).execute();
    await expireSessions(tx, userId);
  },
};

async function expireSessions(tx: Tx, userId: string): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ expires_at: sql<string>`least(expires_at, clock_timestamp())` })
    .where('user_id', '=', userId)
    .execute();
}
