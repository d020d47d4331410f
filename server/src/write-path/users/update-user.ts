import { OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../database/database.ts';
import { readReachableUsers } from '../../database/identity/unproven-addresses.ts';
import { notFound } from '../../domain/authorize.ts';
import { identityChanged, userAccessChanged } from '../../domain/server-stream.ts';
import type { NoticeToSend } from '../../mail/enqueue-mail.ts';
import type { Command } from '../command.ts';
import { accountNotice } from './account-notice.ts';
import { userConflicts } from './create-user.ts';
import { deleteResetLinks } from './emails/email-tokens.ts';
import { replacePrimaryEmail } from './emails/replace-primary-email.ts';
import { type LockedUser, lockCredential, lockUser, userIsDisabled } from './lock-credentials.ts';
import { refreshMembersJob } from './members/refresh-members.ts';
import { credentialsEnded, type EndedCredentials, readSessionIds, readTokenIds, removeCredentials } from './sessions/end-sessions.ts';
import { yieldAddress } from './yield-address.ts';

/** The stream of commands on users. */
export { serverStreamId } from '../../domain/server-stream.ts';

/** An absent field keeps its value. */
export interface UpdateUser {
  readonly userId: string;
  readonly name?: string | undefined;
  readonly isActive?: boolean | undefined;
  /** The new primary address. It counts as verified. */
  readonly email?: string | undefined;
  /** Null removes the external id. */
  readonly externalId?: string | null | undefined;
  readonly passwordHash?: string;
  /** The session that the request uses stays open. A new password ends all others. */
  readonly keptSessionId?: string;
  /** Whether the user's tokens are revoked together with the sessions. */
  readonly endTokens?: boolean | undefined;
  /** Refuses the change if the password hash is no longer this one. */
  readonly ifPasswordHash?: string;
}

interface Facts {
  readonly update: UpdateUser;
  /** The user before the change. */
  readonly user: LockedUser;
  /** Whether mails may be sent to the address before the change. */
  readonly isReachable: boolean;
  /** The sessions and tokens that the change ends. */
  readonly ended: EndedCredentials;
}

/**
 * A command on the server's own stream. A job then updates the user in each member
 * record, with one revision per organization.
 */
export const updateUser: Command<UpdateUser, Facts, null> = {
  name: 'update-user',
  endsAccess: ({ isActive, passwordHash, email, externalId }) =>
    isActive === false || passwordHash !== undefined || email !== undefined || externalId !== undefined,

  async load(tx, update) {
    // The user is locked. A concurrent login either commits first and is ended by this command, or
    // runs later and is checked again. A concurrent erasure may have committed since the look-up.
    const { userId, isActive, passwordHash, keptSessionId, endTokens = false } = update;
    const user = await lockUser(tx, userId);
    if (!user || user.isErased) throw notFound();
    if (update.ifPasswordHash !== undefined && update.ifPasswordHash !== user.passwordHash) throw passwordMoved();
    if (keptSessionId !== undefined) {
      if (!user.isActive) throw userIsDisabled();
      await lockCredential(tx, { kind: 'session', id: keptSessionId });
    }
    const endsSessions = isActive === false || passwordHash !== undefined;
    const sessionIds = endsSessions ? await readSessionIds(tx, userId) : [];
    const tokenIds = endTokens ? await readTokenIds(tx, userId) : [];
    const ended = { sessionIds: sessionIds.filter((id) => id !== keptSessionId), tokenIds };
    const isReachable = (await readReachableUsers(tx, [userId])).has(userId);
    return { update, user, isReachable, ended };
  },

  decide(update, { user, isReachable, ended }, { actor }) {
    const { userId, isActive, externalId, passwordHash } = update;
    const access = isActive !== undefined && isActive !== user.isActive ? [userAccessChanged(userId, isActive)] : [];
    const hasNewAddress = isOtherAddress(update, user);
    const hasLostId = user.externalId !== null && externalId !== undefined && externalId !== user.externalId;
    const identity = hasNewAddress || hasLostId ? [identityChanged(userId)] : [];
    const mails: NoticeToSend[] = [
      ...(passwordHash !== undefined && (isReachable || actor.kind === 'user')
        ? [accountNotice(userId, user.email, 'password-changed')]
        : []),
      ...(hasNewAddress && isReachable ? [accountNotice(userId, user.email, 'primary-address-changed')] : []),
    ];
    const jobs = changesMembers(update, user) ? [refreshMembersJob(userId)] : [];
    return { changes: [...access, ...identity, ...credentialsEnded(userId, ended)], mails, jobs, result: null };
  },

  async persistSideEffects(tx, _decision, _context, { update, user, ended }) {
    const { email } = update;
    if (email !== undefined && email !== user.email) await yieldAddress(tx, email, update.userId);
    await saveUser(tx, update);
    if (email !== undefined && email !== user.email) await replacePrimaryEmail(tx, update.userId, user.email, email);
    // An earlier mailed link becomes invalid, also if a disabled user is enabled again.
    if (update.passwordHash !== undefined || update.isActive === false) await deleteResetLinks(tx, update.userId);
    await removeCredentials(tx, ended);
    if (update.isActive === false) await expireTokens(tx, update.userId);
  },

  conflicts: userConflicts,
};

function isOtherAddress({ email }: UpdateUser, user: LockedUser): boolean {
  return email !== undefined && email.toLowerCase() !== user.email.toLowerCase();
}

/** Whether the user's member records become outdated. */
function changesMembers({ name, email, externalId, isActive }: UpdateUser, user: LockedUser): boolean {
  const isOther = <T>(value: T | undefined, before: T) => value !== undefined && value !== before;
  return isOther(name, user.name) || isOther(email, user.email) || isOther(externalId, user.externalId) || isOther(isActive, user.isActive);
}

function passwordMoved(): OrgError {
  return new OrgError('invalid', 'The password was changed by another request. Log in again.');
}

async function saveUser(tx: Tx, { userId, name, email, externalId, isActive, passwordHash }: UpdateUser): Promise<void> {
  const columns = {
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email }),
    ...(externalId === undefined ? {} : { external_id: externalId }),
    ...(isActive === undefined ? {} : { is_active: isActive }),
    ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
  };
  if (Object.keys(columns).length > 0) await tx.updateTable('users').set(columns).where('id', '=', userId).execute();
}

/**
 * Expires the tokens permanently, so that they do not work again when the user is enabled again.
 * The rows stay, so that they can still be listed.
 */
async function expireTokens(tx: Tx, userId: string): Promise<void> {
  await tx
    .updateTable('auth_tokens')
    .set({ expires_at: sql<string>`least(expires_at, clock_timestamp())` })
    .where('user_id', '=', userId)
    .execute();
}
