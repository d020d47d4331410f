import { OrgError } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { type EmailTokenText, readEmailToken } from '../../../database/identity/email-tokens.ts';
import { findPasswordAddress } from '../../../database/identity/password-addresses.ts';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { Command } from '../../command.ts';
import { loadAccountNotices } from '../account-notice.ts';
import { deleteResetLinks } from '../emails/email-tokens.ts';
import { lockUser } from '../lock-credentials.ts';
import { credentialsEnded, type EndedCredentials, readSessionIds, readTokenIds, removeCredentials } from '../sessions/end-sessions.ts';

export interface ResetPassword extends EmailTokenText {
  readonly passwordHash: string;
  /** Whether the user's tokens are revoked too. */
  readonly endTokens: boolean;
}

interface Facts {
  readonly userId: string;
  readonly emailId: string;
  readonly passwordHash: string;
  readonly ended: EndedCredentials;
  readonly notices: readonly NoticeToSend[];
}

/**
 * Sets a new password through a link from a mail. All other password links become invalid. All
 * sessions end, because another person may have opened them. No session is opened, so a second
 * factor is still required at login. The link also verifies the address that it was sent to.
 */
export const resetPassword: Command<ResetPassword, Facts, { readonly userId: string }> = {
  name: 'reset-password',
  endsAccess: () => true,

  async load(tx, { passwordHash, endTokens, ...text }) {
    const found = await readEmailToken(tx, 'password-reset', text);
    if (!found) throw linkExpired();
    const { userId } = found;
    // A concurrent login either commits first and is ended by this command, or runs later and is
    // checked again.
    await lockUser(tx, userId);
    // The address may have been removed, or the user disabled, while this waited.
    if (!(await readEmailToken(tx, 'password-reset', text))) throw linkExpired();
    // The domain of an unverified address may have lapsed, or another user may have verified it.
    const { email, is_verified } = await readAddress(tx, found.emailId);
    if (!is_verified && (await findPasswordAddress(tx, email))?.id !== found.emailId) throw linkExpired();
    const tokenIds = endTokens ? await readTokenIds(tx, userId) : [];
    const ended = { sessionIds: await readSessionIds(tx, userId), tokenIds };
    return { userId, emailId: found.emailId, passwordHash, ended, notices: await loadAccountNotices(tx, userId, 'password-changed') };
  },

  decide(_input, { userId, ended, notices }) {
    return { changes: credentialsEnded(userId, ended), mails: notices, result: { userId } };
  },

  async persistSideEffects(tx, _decision, _context, { userId, emailId, passwordHash, ended }) {
    await tx.updateTable('user_emails').set({ is_verified: true }).where('id', '=', emailId).where('is_verified', '=', false).execute();
    await tx.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', userId).execute();
    await removeCredentials(tx, ended);
    await deleteResetLinks(tx, userId);
  },

  conflicts: { user_emails_verified_key: linkExpired },
};

function readAddress(tx: Tx, emailId: string) {
  return tx.selectFrom('user_emails').select(['email', 'is_verified']).where('id', '=', emailId).executeTakeFirstOrThrow();
}

/** The error for any invalid link. */
export function linkExpired(): OrgError {
  return new OrgError('invalid', 'This link is no longer valid. Request a new one.');
}
