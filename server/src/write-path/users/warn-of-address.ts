import type { Tx } from '../../database/database.ts';
import type { UserEmail } from '../../database/identity/user-emails.ts';
import { enqueueMail } from '../../mail/enqueue-mail.ts';
import type { WritePath } from '../run-command.ts';
import { addEmailToken } from './email-tokens.ts';

/** Mails the primary address that another one was added or verified, with a link that removes it: it may be somebody else's. */
export async function warnOfAddress(
  tx: Tx,
  { deriveToken }: WritePath,
  userId: string,
  { id, email }: Pick<UserEmail, 'id' | 'email'>,
  event: 'added' | 'verified',
): Promise<void> {
  const user = await tx.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirstOrThrow();
  const removal = await addEmailToken(tx, deriveToken, { userId, emailId: id, purpose: 'removal' });
  await enqueueMail(tx, { template: 'address-added', to: user.email, params: { email, event, removal } });
}
