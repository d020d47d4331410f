import type { Tx } from '../../../database/database.ts';
import type { UserEmail } from '../../../database/identity/user-emails.ts';
import type { MailToSend } from '../../../mail/enqueue-mail.ts';
import type { WritePath } from '../../run-command.ts';
import { addEmailToken } from './email-tokens.ts';

/**
 * A mail to the primary address that another address was added or verified. Its link removes that
 * address, which may belong to another person.
 */
export async function emailChangeMail(
  tx: Tx,
  { deriveToken }: WritePath,
  userId: string,
  { id, email }: Pick<UserEmail, 'id' | 'email'>,
  event: 'added' | 'verified',
): Promise<MailToSend> {
  const user = await tx.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirstOrThrow();
  const removal = await addEmailToken(tx, deriveToken, { userId, emailId: id, purpose: 'removal' });
  return { template: 'address-added', to: user.email, params: { email, event, removal } };
}
