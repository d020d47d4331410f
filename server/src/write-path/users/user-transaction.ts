import { OrgError } from '@rollcall/protocol';
import type { Tx } from '../../database/database.ts';
import { translateDatabaseError } from '../../database/translate-error.ts';
import type { UsedCredential } from '../../domain/actor.ts';
import { notFound } from '../../domain/authorize.ts';
import { hasQueuedMail } from '../../mail/enqueue-mail.ts';
import type { WritePath } from '../run-command.ts';
import { type LockedUser, lockCredential, lockUser, userIsDisabled } from './lock-credentials.ts';

/** Whose account is changed, and the session or token that the user does it by; null where the operator or a mailed link does it. */
export interface AccountOwner {
  readonly userId: string;
  readonly credential: UsedCredential | null;
}

/**
 * A change to what belongs to a user and to no organization, and ends nobody's access: so it is no command. The user's row
 * is held: changes to one user come one after the other, and a command that makes them a member waits, so that a refresh finds it.
 * @throws OrgError `not-found` for an unknown user; `unauthenticated` for one who was disabled, or when the credential has ended
 */
export async function inUserTransaction<T>(
  path: WritePath,
  { userId, credential }: AccountOwner,
  work: (tx: Tx, user: LockedUser) => Promise<T>,
): Promise<T> {
  try {
    const { result, hasMail } = await path.database.db.transaction().execute(async (tx) => {
      const user = await lockUser(tx, userId);
      if (!user) throw notFound();
      if (!user.isActive) throw credential === null ? new OrgError('invalid', 'The user is disabled.') : userIsDisabled();
      await lockCredential(tx, credential);
      return { result: await work(tx, user), hasMail: hasQueuedMail(tx) };
    });
    if (hasMail) path.wakeMail();
    return result;
  } catch (error) {
    throw translateDatabaseError(error);
  }
}
