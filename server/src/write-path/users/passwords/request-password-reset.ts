import { findPasswordAddress } from '../../../database/identity/password-addresses.ts';
import type { WritePath } from '../../run-command.ts';
import { addEmailToken } from '../emails/email-tokens.ts';
import { inUserTransaction } from '../user-transaction.ts';

/** Sends a link to the user of this address, if it may receive one. */
export async function requestPasswordReset(path: WritePath, email: string): Promise<void> {
  const found = await findPasswordAddress(path.database.db, email);
  if (!found) return;
  await inUserTransaction(path, { userId: found.userId, credential: null }, async (tx) => {
    // The address may have been removed while this transaction waited for the user's row.
    if ((await findPasswordAddress(tx, email))?.id !== found.id) return { result: undefined };
    const reset = await addEmailToken(tx, path.deriveToken, { userId: found.userId, emailId: found.id, purpose: 'password-reset' });
    return { result: undefined, mails: [{ template: 'password-reset', to: found.email, params: { reset } }] };
  });
}
