import { OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../database/database.ts';
import { notFound } from '../../domain/authorize.ts';
import { userAccessChanged } from '../../domain/server-stream.ts';
import type { NoticeToSend } from '../../mail/enqueue-mail.ts';
import type { Command } from '../command.ts';
import { loadAccountNotice } from './account-notice.ts';
import { forgetResets } from './email-tokens.ts';
import { credentialsEnded, type EndedCredentials, readSessionIds, readTokenIds, removeCredentials } from './end-sessions.ts';
import { lockCredential, lockUser, userIsDisabled } from './lock-credentials.ts';
import { requestRefresh } from './request-refresh.ts';

/** Where commands on users run. */
export { serverStreamId } from '../../domain/server-stream.ts';

/** Absent fields stay as they are. */
export interface UpdateUser {
  readonly userId: string;
  readonly name?: string | undefined;
  readonly isActive?: boolean | undefined;
  readonly passwordHash?: string;
  /** The session that the change is asked for in goes on; a new password ends all others. */
  readonly keptSessionId?: string;
  /** With the sessions the user's tokens end too. */
  readonly endTokens?: boolean | undefined;
  /** Refuses when the password is another one by now: the caller knew this one. */
  readonly ifPasswordHash?: string;
}

interface Facts {
  readonly update: UpdateUser;
  readonly wasActive: boolean;
  /** What the change ends. */
  readonly ended: EndedCredentials;
  /** Null unless the user changes their own password. */
  readonly notice: NoticeToSend | null;
}

/**
 * A command on the server's own stream. The members' copies of the user follow as revisions of
 * their organizations: run `refreshMembersOf` next.
 */
export const updateUser: Command<UpdateUser, Facts, null> = {
  name: 'update-user',
  endsAccess: ({ isActive, passwordHash }) => isActive === false || passwordHash !== undefined,

  async load(tx, update, { actor }) {
    // Locked: a login that is under way comes before this and is ended by it, or after it and is
    // judged again.
    const { userId, isActive, passwordHash, keptSessionId, endTokens = false } = update;
    const user = await lockUser(tx, userId);
    if (!user) throw notFound();
    if (update.ifPasswordHash !== undefined && update.ifPasswordHash !== user.passwordHash) throw passwordMoved();
    if (keptSessionId !== undefined) {
      if (!user.isActive) throw userIsDisabled();
      await lockCredential(tx, { kind: 'session', id: keptSessionId });
    }
    const endsSessions = isActive === false || passwordHash !== undefined;
    const sessionIds = endsSessions ? await readSessionIds(tx, userId) : [];
    const tokenIds = endTokens ? await readTokenIds(tx, userId) : [];
    const ended = { sessionIds: sessionIds.filter((id) => id !== keptSessionId), tokenIds };
    const isOwn = passwordHash !== undefined && actor.kind === 'user';
    const notice = isOwn ? await loadAccountNotice(tx, userId, 'password-changed') : null;
    return { update, wasActive: user.isActive, ended, notice };
  },

  decide({ userId, isActive }, { wasActive, ended, notice }) {
    const isChanged = isActive !== undefined && isActive !== wasActive;
    const access = isChanged ? [userAccessChanged(userId, isActive)] : [];
    return { changes: [...access, ...credentialsEnded(userId, ended)], mails: notice ? [notice] : [], result: null };
  },

  async persistSideEffects(tx, _decision, _context, { update, ended }) {
    await saveUser(tx, update);
    // A link that was mailed before is void, also when a disabled user is let in again.
    if (update.passwordHash !== undefined || update.isActive === false) await forgetResets(tx, update.userId);
    await removeCredentials(tx, ended);
    if (update.isActive === false) await expireTokens(tx, update.userId);
    await requestRefresh(tx, update.userId);
  },
};

function passwordMoved(): OrgError {
  return new OrgError('invalid', 'The password was changed in the meantime. Log in again.');
}

async function saveUser(tx: Tx, { userId, name, isActive, passwordHash }: UpdateUser): Promise<void> {
  const columns = {
    ...(name === undefined ? {} : { name }),
    ...(isActive === undefined ? {} : { is_active: isActive }),
    ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
  };
  if (Object.keys(columns).length > 0) await tx.updateTable('users').set(columns).where('id', '=', userId).execute();
}

/**
 * For good: a token must not work again when the user is let in again. They stay as expired ones,
 * so that one can see which there were.
 */
async function expireTokens(tx: Tx, userId: string): Promise<void> {
  await tx
    .updateTable('auth_tokens')
    .set({ expires_at: sql<string>`least(expires_at, clock_timestamp())` })
    .where('user_id', '=', userId)
    .execute();
}
