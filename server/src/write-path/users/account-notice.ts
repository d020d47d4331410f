import type { Tx } from '../../database/database.ts';
import type { NoticeToSend } from '../../mail/enqueue-mail.ts';
import type { AccountChange } from '../../mail/templates/account-changed.ts';

/** Notifies a user that their account was changed, because another person may have done it. */
export function accountNotice(userId: string, address: string, change: AccountChange): NoticeToSend {
  return { template: 'account-changed', to: address, params: { change }, about: `${userId} ${change}` };
}

/** The notice to the user's current primary address. */
export async function loadAccountNotice(tx: Tx, userId: string, change: AccountChange): Promise<NoticeToSend> {
  const user = await tx.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirstOrThrow();
  return accountNotice(userId, user.email, change);
}
