import type { Tx } from '../../../database/database.ts';
import { readMemberUsers } from '../../../database/identity/users-read.ts';
import { notFound } from '../../../domain/authorize.ts';
import { secondFactorChanged, secondFactorUsed, sessionEnded } from '../../../domain/server-stream.ts';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { AccountChange } from '../../../mail/templates/account-changed.ts';
import type { Command } from '../../command.ts';
import { loadAccountNotices } from '../account-notice.ts';
import { lockCredential, lockUser, userIsDisabled } from '../lock-credentials.ts';
import { refreshMembersJob } from '../members/refresh-members.ts';
import { readSessionIds, removeSessions } from '../sessions/end-sessions.ts';
import { isWithoutSecondFactor, recordCode } from '../sessions/renew-session.ts';

export interface StoredAuthenticator {
  readonly type: 'totp' | 'recovery';
  /** Encrypted or hashed, depending on the type. */
  readonly storedSecret: string;
  /** For TOTP, the time step of the code that was checked, which cannot be used again. */
  readonly lastCounter: number | null;
}

export interface ChangeAuthenticators {
  readonly userId: string;
  /** Enrolled authenticators, which replace earlier ones of their type. */
  readonly put: readonly StoredAuthenticator[];
  readonly remove: readonly StoredAuthenticator['type'][];
  /**
   * The mail to the user, because another person may have made the change. A user without a
   * password, who can't log in with the factor, gets none about the operator's change.
   */
  readonly notice: AccountChange;
  /**
   * The session in which the user makes the change. All others end, because they were opened
   * without it. Null if the operator makes it.
   */
  readonly keptSessionId: string | null;
}

interface Facts {
  readonly change: ChangeAuthenticators;
  /** Whether the user had a second factor. */
  readonly had2fa: boolean;
  /** The session in which the user enrols a second factor with one of its codes. */
  readonly enrolledIn: { readonly sessionId: string; readonly isFirstUse: boolean } | null;
  /** The sessions that the change ends. */
  readonly sessionIds: readonly string[];
  readonly notices: readonly NoticeToSend[];
}

/**
 * A command on the server's own stream. It ends access where a second factor is required. A job
 * then updates the user in each member record, with one revision per organization.
 */
export const changeAuthenticators: Command<ChangeAuthenticators, Facts, null> = {
  name: 'change-authenticators',
  endsAccess: () => true,

  async load(tx, change) {
    const { userId, notice, keptSessionId, put } = change;
    // Waits for commands that add this user as a member, so that the refresh finds the member.
    const user = await lockUser(tx, userId);
    if (!user || user.isErased) throw notFound();
    if (keptSessionId !== null) {
      if (!user.isActive) throw userIsDisabled();
      await lockCredential(tx, { kind: 'session', id: keptSessionId });
    }
    const [{ has2fa: had2fa } = { has2fa: false }] = await readMemberUsers(tx, [userId]);
    const enrolsIn = put.some(({ type }) => type === 'totp') ? keptSessionId : null;
    return {
      change,
      had2fa,
      enrolledIn: enrolsIn === null ? null : { sessionId: enrolsIn, isFirstUse: await isWithoutSecondFactor(tx, enrolsIn) },
      sessionIds: (await readSessionIds(tx, userId)).filter((id) => id !== keptSessionId),
      notices: keptSessionId === null && user.passwordHash === null ? [] : await loadAccountNotices(tx, userId, notice),
    };
  },

  decide({ userId, put, remove }, { had2fa, enrolledIn, sessionIds, notices }) {
    const has2fa = put.some(({ type }) => type === 'totp') || (had2fa && !remove.includes('totp'));
    const factor = has2fa === had2fa ? [] : [secondFactorChanged(userId, !has2fa)];
    const used = enrolledIn?.isFirstUse ? [secondFactorUsed(enrolledIn.sessionId, userId)] : [];
    const ended = sessionIds.map((id) => sessionEnded(id, userId));
    return { changes: [...factor, ...used, ...ended], mails: notices, jobs: [refreshMembersJob(userId)], result: null };
  },

  async persistSideEffects(tx, _decision, _context, { change: { userId, put, remove }, enrolledIn, sessionIds }) {
    for (const one of put) await enrol(tx, userId, one);
    if (remove.length > 0) await tx.deleteFrom('authenticators').where('user_id', '=', userId).where('type', 'in', remove).execute();
    if (enrolledIn) await recordCode(tx, enrolledIn.sessionId);
    await removeSessions(tx, sessionIds);
  },
};

async function enrol(tx: Tx, userId: string, { type, storedSecret, lastCounter }: StoredAuthenticator): Promise<void> {
  const columns = { secret: storedSecret, last_counter: lastCounter === null ? null : String(lastCounter) };
  await tx
    .insertInto('authenticators')
    .values({ user_id: userId, type, ...columns })
    .onConflict((conflict) => conflict.columns(['user_id', 'type']).doUpdateSet(columns))
    .execute();
}
