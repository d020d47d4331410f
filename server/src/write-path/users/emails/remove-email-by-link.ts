import { OrgError } from '@rollcall/protocol';
import { type EmailTokenText, readEmailToken } from '../../../database/identity/email-tokens.ts';
import { isTrusted, readUserEmails, type UserEmail } from '../../../database/identity/user-emails.ts';
import { identityChanged } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';
import { accountNotice } from '../account-notice.ts';
import { lockUser } from '../lock-credentials.ts';
import { refreshMembersJob } from '../members/refresh-members.ts';
import { linkExpired } from '../passwords/reset-password.ts';
import { credentialsEnded, type EndedCredentials, readSessionIds, readTokenIds, removeCredentials } from '../sessions/end-sessions.ts';
import { yieldAddress } from '../yield-address.ts';

export interface RemoveEmailByLink extends EmailTokenText {
  /** Whether the user's tokens are revoked too. */
  readonly endTokens: boolean;
}

interface Facts {
  readonly userId: string;
  readonly removed: UserEmail;
  /** The primary address before the removal. */
  readonly primary: string;
  /** The new primary address, if the removed one was primary. */
  readonly newPrimary: string | null;
  readonly ended: EndedCredentials;
}

/**
 * Removes an address through the link that the primary address received when it was added or
 * verified. Another person may control the account, so all sessions and all links for passwords and
 * addresses end too. A job then updates the user's member records.
 */
export const removeEmailByLink: Command<RemoveEmailByLink, Facts, { readonly userId: string }> = {
  name: 'remove-email-by-link',
  endsAccess: () => true,

  async precheck(db, text) {
    if (!(await readEmailToken(db, 'removal', text))) throw linkExpired();
  },

  async load(tx, { endTokens, ...text }) {
    const found = await readEmailToken(tx, 'removal', text);
    if (!found) throw linkExpired();
    const { userId, emailId } = found;
    await lockUser(tx, userId);
    const emails = await readUserEmails(tx, userId);
    const removed = emails.find(({ id }) => id === emailId);
    if (!removed || !(await readEmailToken(tx, 'removal', text))) throw linkExpired();
    const user = await tx.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirstOrThrow();
    const isPrimary = user.email.toLowerCase() === removed.email.toLowerCase();
    return {
      userId,
      removed,
      primary: user.email,
      newPrimary: isPrimary ? addressInstead(emails, emailId) : null,
      ended: { sessionIds: await readSessionIds(tx, userId), tokenIds: endTokens ? await readTokenIds(tx, userId) : [] },
    };
  },

  decide(_input, { userId, removed, primary, newPrimary, ended }) {
    const notice = accountNotice(userId, newPrimary ?? primary, 'address-removed');
    // Tokens of a trusted issuer named the user by a verified address.
    const identity = removed.isVerified ? [identityChanged(userId)] : [];
    const jobs = newPrimary === null ? [] : [refreshMembersJob(userId)];
    return { changes: [...identity, ...credentialsEnded(userId, ended)], mails: [notice], jobs, result: { userId } };
  },

  async persistSideEffects(tx, _decision, _context, { userId, removed, newPrimary, ended }) {
    if (newPrimary !== null) {
      await yieldAddress(tx, newPrimary, userId);
      await tx.updateTable('users').set({ email: newPrimary }).where('id', '=', userId).execute();
    }
    await tx.deleteFrom('user_emails').where('id', '=', removed.id).execute();
    await tx.deleteFrom('email_tokens').where('user_id', '=', userId).where('purpose', '!=', 'removal').execute();
    await removeCredentials(tx, ended);
  },
};

/** @throws OrgError `invalid` when no other address has been verified for long enough */
function addressInstead(emails: readonly UserEmail[], removedId: string): string {
  const other = emails.find((one) => one.id !== removedId && isTrusted(one));
  if (!other) throw new OrgError('invalid', 'The account has no other verified address. Ask the operator of the server for help.');
  return other.email;
}
