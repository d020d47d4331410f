import { OrgError } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readUserEmails, type UserEmail } from '../../../database/identity/user-emails.ts';
import { invalidFields } from '../../../domain/field-errors.ts';
import type { MailToSend } from '../../../mail/enqueue-mail.ts';
import { storedLimits } from '../../../runtime/limits/rows/stored.ts';
import type { WritePath } from '../../run-command.ts';
import { type AccountOwner, inUserTransaction } from '../user-transaction.ts';
import { emailChangeMail } from './email-change-mail.ts';
import { addEmailToken } from './email-tokens.ts';

/**
 * Adds an address, also if another user has it: only a person who can read its mail finds that out.
 * @throws OrgError `invalid`
 */
export function addEmail(path: WritePath, owner: AccountOwner, email: string): Promise<UserEmail> {
  const { userId } = owner;
  return inUserTransaction(path, owner, async (tx) => {
    const emails = await readUserEmails(tx, userId);
    if (emails.some((one) => one.email.toLowerCase() === email.toLowerCase())) {
      throw invalidFields({ email: ['This address is already in your account.'] });
    }
    if (emails.length >= storedLimits.emailsPerUser.value)
      throw new OrgError('invalid', `A user has at most ${storedLimits.emailsPerUser.value} addresses.`);
    const { id } = await tx.insertInto('user_emails').values({ user_id: userId, email }).returning('id').executeTakeFirstOrThrow();
    const verification = await verificationMail(tx, path, userId, { id, email });
    const warning = await emailChangeMail(tx, path, userId, { id, email }, 'added');
    return { result: { id, email, isVerified: false, newUntil: null }, mails: [verification, warning] };
  });
}

/**
 * Sends the verification mail again. Returns false if the user doesn't have the address, or has
 * verified it.
 */
export function requestVerification(path: WritePath, owner: AccountOwner, emailId: string): Promise<boolean> {
  const { userId } = owner;
  return inUserTransaction(path, owner, async (tx) => {
    const found = (await readUserEmails(tx, userId)).find(({ id, isVerified }) => id === emailId && !isVerified);
    if (!found) return { result: false };
    return { result: true, mails: [await verificationMail(tx, path, userId, found)] };
  });
}

async function verificationMail(
  tx: Tx,
  { deriveToken }: WritePath,
  userId: string,
  { id, email }: Pick<UserEmail, 'id' | 'email'>,
): Promise<MailToSend> {
  const verification = await addEmailToken(tx, deriveToken, { userId, emailId: id, purpose: 'verification' });
  return { template: 'address-verification', to: email, params: { verification } };
}
