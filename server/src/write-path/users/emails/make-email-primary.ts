import { OrgError } from '@rollcall/protocol';
import { isTrusted, readUserEmails } from '../../../database/identity/user-emails.ts';
import { violatedUnique } from '../../../database/translate-error.ts';
import { notFound } from '../../../domain/authorize.ts';
import { invalidFields } from '../../../domain/field-errors.ts';
import type { WritePath } from '../../run-command.ts';
import { loadAccountNotices } from '../account-notice.ts';
import { refreshMembersJob } from '../members/refresh-members.ts';
import { type AccountOwner, inUserTransaction } from '../user-transaction.ts';
import { yieldAddress } from '../yield-address.ts';

/**
 * Makes a verified address the primary one, with which the user logs in. A job
 * then updates the user's member records.
 * @param provenHash the hash that the user's password was compared with, if they entered it; a new
 * address needs it
 * @throws OrgError `not-found`; `invalid` for an address that is not verified, or new
 */
export async function makeEmailPrimary(path: WritePath, owner: AccountOwner, emailId: string, provenHash: string | null): Promise<void> {
  const { userId } = owner;
  try {
    await inUserTransaction(path, owner, async (tx, { passwordHash }) => {
      const found = (await readUserEmails(tx, userId)).find(({ id }) => id === emailId);
      if (!found) throw notFound();
      if (!found.isVerified) throw new OrgError('invalid', 'Verify the address first.');
      const isProven = provenHash !== null && provenHash === passwordHash;
      if (!isTrusted(found) && !isProven) throw invalidFields({ password: [passwordNeeded] });
      // Reads the address that is still the primary one.
      const mails = await loadAccountNotices(tx, userId, 'primary-address-changed');
      await yieldAddress(tx, found.email, userId);
      await tx.updateTable('users').set({ email: found.email }).where('id', '=', userId).execute();
      return { result: undefined, mails, jobs: [refreshMembersJob(userId)] };
    });
  } catch (error) {
    if (violatedUnique(error) === 'users_email_key') {
      throw new OrgError('already-exists', 'Another user has this address.', { cause: error });
    }
    throw error;
  }
}

const passwordNeeded = 'This address was verified less than 7 days ago. Enter your password to make it primary now.';
