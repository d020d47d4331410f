import type { Tx } from '../../database/database.ts';
import { enqueueNotices } from '../../mail/enqueue-mail.ts';
import type { AccountChange } from '../../mail/templates/account-changed.ts';

/** Tells a user at their primary address that their account was changed: it may have been somebody else. */
export async function notifyUser(tx: Tx, userId: string, change: AccountChange): Promise<void> {
  const user = await tx.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirstOrThrow();
  await enqueueNotices(tx, { template: 'account-changed', to: user.email, params: { change }, about: `${userId} ${change}` });
}
