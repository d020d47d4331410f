import { OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import { type EmailTokenText, readEmailToken } from '../../../database/identity/email-tokens.ts';
import { readUserEmails } from '../../../database/identity/user-emails.ts';
import { violatedUnique } from '../../../database/translate-error.ts';
import type { WritePath } from '../../run-command.ts';
import { linkExpired } from '../passwords/reset-password.ts';
import { type AccountOwner, inUserTransaction } from '../user-transaction.ts';
import { yieldAddress } from '../yield-address.ts';
import { emailChangeMail } from './email-change-mail.ts';

/**
 * Marks an address as verified: the user received a mail there and is logged in. The link alone is
 * not enough, because its recipient could then add their address to another user's account.
 * @throws OrgError `invalid` for a link of another user or an expired link; `already-exists` if
 * another user has verified the address
 */
export async function verifyEmail(path: WritePath, owner: AccountOwner, text: EmailTokenText): Promise<void> {
  try {
    await inUserTransaction(path, owner, async (tx) => {
      const found = await readEmailToken(tx, 'verification', text);
      if (found?.userId !== owner.userId) throw linkExpired();
      const emails = await readUserEmails(tx, owner.userId);
      const verified = emails.find(({ id }) => id === found.emailId);
      if (!verified || verified.isVerified) throw linkExpired();
      await yieldAddress(tx, verified.email, owner.userId);
      const isNew = emails.some(({ isVerified }) => isVerified);
      await tx
        .updateTable('user_emails')
        .set({ is_verified: true, verified_at: isNew ? sql<string>`clock_timestamp()` : null })
        .where('id', '=', found.emailId)
        .execute();
      const mails = isNew ? [await emailChangeMail(tx, path, owner.userId, verified, 'verified')] : [];
      await tx.deleteFrom('email_tokens').where('email_id', '=', found.emailId).where('purpose', '=', 'verification').execute();
      return { result: undefined, mails };
    });
  } catch (error) {
    if (violatedUnique(error) === 'user_emails_verified_key') {
      throw new OrgError('already-exists', 'Another user has this address.', { cause: error });
    }
    throw error;
  }
}
