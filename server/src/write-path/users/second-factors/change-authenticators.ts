import type { Tx } from '../../../database/database.ts';
import { readMemberUsers } from '../../../database/identity/users-read.ts';
import { notFound } from '../../../domain/authorize.ts';
import { secondFactorChanged, sessionEnded } from '../../../domain/server-stream.ts';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { AccountChange } from '../../../mail/templates/account-changed.ts';
import type { Command } from '../../command.ts';
import { loadAccountNotices } from '../account-notice.ts';
import { lockCredential, lockUser, userIsDisabled } from '../lock-credentials.ts';
import { refreshMembersJob } from '../members/refresh-members.ts';
import { readSessionIds, removeSessions } from '../sessions/end-sessions.ts';

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
   * Set if the user makes the change. Their other sessions, which were opened without it, end, and
   * they get a mail.
   */
  readonly own: { readonly keptSessionId: string; readonly notice: AccountChange } | null;
}

interface Facts {
  readonly change: ChangeAuthenticators;
  /** Whether the user had a second factor. */
  readonly had2fa: boolean;
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
    const { userId, own } = change;
    // Waits for commands that add this user as a member, so that the refresh finds the member.
    const user = await lockUser(tx, userId);
    if (!user || user.isErased) throw notFound();
    if (own) {
      if (!user.isActive) throw userIsDisabled();
      await lockCredential(tx, { kind: 'session', id: own.keptSessionId });
    }
    const [{ has2fa: had2fa } = { has2fa: false }] = await readMemberUsers(tx, [userId]);
    const sessionIds = own ? await readSessionIds(tx, userId) : [];
    const notices = own ? await loadAccountNotices(tx, userId, own.notice) : [];
    return { change, had2fa, sessionIds: sessionIds.filter((id) => id !== own?.keptSessionId), notices };
  },

  decide({ userId, put, remove }, { had2fa, sessionIds, notices }) {
    const has2fa = put.some(({ type }) => type === 'totp') || (had2fa && !remove.includes('totp'));
    const factor = has2fa === had2fa ? [] : [secondFactorChanged(userId, !has2fa)];
    const ended = sessionIds.map((id) => sessionEnded(id, userId));
    return { changes: [...factor, ...ended], mails: notices, jobs: [refreshMembersJob(userId)], result: null };
  },

  async persistSideEffects(tx, _decision, _context, { change: { userId, put, remove }, sessionIds }) {
    for (const one of put) await enrol(tx, userId, one);
    if (remove.length > 0) await tx.deleteFrom('authenticators').where('user_id', '=', userId).where('type', 'in', remove).execute();
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
