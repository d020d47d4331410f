import { OrgError } from '@rollcall/protocol';
import type { Tx } from '../../database/database.ts';
import { readUserEmails, type UserEmail } from '../../database/identity/user-emails.ts';
import { invalidFields } from '../../domain/field-errors.ts';
import { enqueueMail } from '../../mail/enqueue-mail.ts';
import type { WritePath } from '../run-command.ts';
import { addEmailToken } from './email-tokens.ts';
import { type AccountOwner, inUserTransaction } from './user-transaction.ts';
import { warnOfAddress } from './warn-of-address.ts';

/** More than anybody has; each of them can be sent mail. */
const emailsMax = 10;

/** Whether another user has it is not said: that shows to whoever can read the mail. @throws OrgError `invalid` */
export function addEmail(path: WritePath, owner: AccountOwner, email: string): Promise<UserEmail> {
  const { userId } = owner;
  return inUserTransaction(path, owner, async (tx) => {
    const emails = await readUserEmails(tx, userId);
    if (emails.some((one) => one.email.toLowerCase() === email.toLowerCase())) {
      throw invalidFields({ email: ['This is one of your addresses already.'] });
    }
    if (emails.length >= emailsMax) throw new OrgError('invalid', `A user has at most ${emailsMax} addresses.`);
    const { id } = await tx.insertInto('user_emails').values({ user_id: userId, email }).returning('id').executeTakeFirstOrThrow();
    await sendVerification(tx, path, userId, { id, email });
    await warnOfAddress(tx, path, userId, { id, email }, 'added');
    return { id, email, isVerified: false, newUntil: null };
  });
}

/** Sends the mail once more. False for an address that is not theirs, or needs none. */
export function askForVerification(path: WritePath, owner: AccountOwner, emailId: string): Promise<boolean> {
  const { userId } = owner;
  return inUserTransaction(path, owner, async (tx) => {
    const found = (await readUserEmails(tx, userId)).find(({ id, isVerified }) => id === emailId && !isVerified);
    if (found) await sendVerification(tx, path, userId, found);
    return found !== undefined;
  });
}

async function sendVerification(tx: Tx, { deriveToken }: WritePath, userId: string, { id, email }: Pick<UserEmail, 'id' | 'email'>) {
  const verification = await addEmailToken(tx, deriveToken, { userId, emailId: id, purpose: 'verification' });
  await enqueueMail(tx, { template: 'address-verification', to: email, params: { verification } });
}
