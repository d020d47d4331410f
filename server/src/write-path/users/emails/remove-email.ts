import { OrgError } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { isTrusted, readUserEmails, type UserEmail } from '../../../database/identity/user-emails.ts';
import { notFound } from '../../../domain/authorize.ts';
import { identityChanged } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';
import { type AccountOwner, lockOwner } from '../user-transaction.ts';

export interface RemoveEmail {
  readonly owner: AccountOwner;
  readonly emailId: string;
}

/**
 * Removes an address and the links that were sent to it, by a command on the server's own stream:
 * connections of a trusted issuer's tokens that named the user by this address end (rule A5).
 * Refuses with `not-found`, and with `invalid` for the primary address and the last trusted one.
 */
export const removeEmail: Command<RemoveEmail, UserEmail, null> = {
  name: 'remove-email',
  endsAccess: () => true,

  async precheck(db, { owner, emailId }) {
    await findRemovable(db, owner.userId, emailId);
  },

  async load(tx, { owner, emailId }) {
    await lockOwner(tx, owner);
    return findRemovable(tx, owner.userId, emailId);
  },

  decide({ owner: { userId } }, { email, isVerified }) {
    // An address that is not verified never named the user.
    if (!isVerified) return { changes: [], result: null };
    const mails = [{ template: 'account-changed', to: email, params: { change: 'address-removed' } } as const];
    return { changes: [identityChanged(userId)], mails, result: null };
  },

  async persistSideEffects(tx, _decision, _context, { id }) {
    await tx.deleteFrom('user_emails').where('id', '=', id).execute();
  },
};

async function findRemovable(db: Db, userId: string, emailId: string): Promise<UserEmail> {
  const emails = await readUserEmails(db, userId);
  const found = emails.find(({ id }) => id === emailId);
  if (!found) throw notFound();
  const user = await db.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirstOrThrow();
  if (user.email.toLowerCase() === found.email.toLowerCase()) {
    throw new OrgError('invalid', 'The primary address cannot be removed. Make another address primary first.');
  }
  // With this address, the account's owner can undo what another person did with the account.
  if (isTrusted(found) && !emails.some((one) => one.id !== emailId && isTrusted(one))) {
    throw new OrgError('invalid', 'Keep this address until another one has been verified for 7 days.');
  }
  return found;
}
