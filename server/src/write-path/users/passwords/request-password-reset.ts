import { sql } from 'kysely';
import { isTrusted, isTrustedAddress, readUserEmails } from '../../../database/identity/user-emails.ts';
import type { WritePath } from '../../run-command.ts';
import { addEmailToken } from '../emails/email-tokens.ts';
import { inUserTransaction } from '../user-transaction.ts';

/** Sends a link to the user who has verified this address, unless the address is new. */
export async function requestPasswordReset(path: WritePath, email: string): Promise<void> {
  const found = await path.database.db
    .selectFrom('user_emails')
    .innerJoin('users', 'users.id', 'user_emails.user_id')
    .select(['user_emails.id', 'user_emails.user_id', 'user_emails.email'])
    .where(sql<string>`lower(user_emails.email)`, '=', email.toLowerCase())
    .where(isTrustedAddress)
    .where('users.is_active', '=', true)
    .executeTakeFirst();
  if (!found) return;
  await inUserTransaction(path, { userId: found.user_id, credential: null }, async (tx) => {
    // The address may have been removed while this transaction waited for the user's row.
    if (!(await readUserEmails(tx, found.user_id)).some((one) => one.id === found.id && isTrusted(one))) return { result: undefined };
    const reset = await addEmailToken(tx, path.deriveToken, { userId: found.user_id, emailId: found.id, purpose: 'password-reset' });
    return { result: undefined, mails: [{ template: 'password-reset', to: found.email, params: { reset } }] };
  });
}
