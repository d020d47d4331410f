import type { Tx } from '../../database/database.ts';
import { readReachableUsers } from '../../database/identity/unproven-addresses.ts';
import type { NoticeToSend } from '../../mail/enqueue-mail.ts';
import type { AccountChange } from '../../mail/templates/account-changed.ts';

/** Notifies a user that their account was changed, because another person may have done it. */
export function accountNotice(userId: string, address: string, change: AccountChange, factorsLeft?: number): NoticeToSend {
  const params = factorsLeft === undefined ? { change } : { change, factorsLeft };
  return { template: 'account-changed', to: address, params, about: `${userId} ${change}` };
}

/**
 * The notice to the user's current primary address. Empty if an identity provider has only asserted
 * the address, because it may be that of a stranger.
 * @param factorsLeft the number of second factors after the removal of a passkey
 */
export async function loadAccountNotices(tx: Tx, userId: string, change: AccountChange, factorsLeft?: number): Promise<NoticeToSend[]> {
  const user = await tx.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirstOrThrow();
  return (await readReachableUsers(tx, [userId])).has(userId) ? [accountNotice(userId, user.email, change, factorsLeft)] : [];
}
