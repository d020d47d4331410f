import { OrgError } from '@rollcall/protocol';
import type { Tx } from '../../database/database.ts';
import { retryConflicts } from '../../database/retry-conflicts.ts';
import { translateDatabaseError } from '../../database/translate-error.ts';
import type { UsedCredential } from '../../domain/actor.ts';
import { notFound } from '../../domain/authorize.ts';
import { enqueueJobs, type NewJob } from '../../jobs/enqueue-job.ts';
import { enqueueMail, type OutgoingMail } from '../../mail/enqueue-mail.ts';
import type { WritePath } from '../run-command.ts';
import { type LockedUser, lockCredential, lockUser, userIsDisabled } from './lock-credentials.ts';

/**
 * The user whose account is changed, and the session or token that they use for it. The credential
 * is null if the operator or a mailed link makes the change.
 */
export interface AccountOwner {
  readonly userId: string;
  readonly credential: UsedCredential | null;
}

/**
 * Locks the user, and the credential that they use, until the end of the transaction.
 * @throws OrgError `not-found` for an unknown user; `unauthenticated` for a disabled user or an
 * ended credential
 */
export async function lockOwner(tx: Tx, { userId, credential }: AccountOwner): Promise<LockedUser> {
  const user = await lockUser(tx, userId);
  if (!user) throw notFound();
  if (!user.isActive) throw credential === null ? new OrgError('invalid', 'The user is disabled.') : userIsDisabled();
  await lockCredential(tx, credential);
  return user;
}

/** The result for the caller, and what is queued in the same transaction. */
export interface UserTransactionResult<T> {
  readonly result: T;
  readonly mails?: readonly OutgoingMail[];
  readonly jobs?: readonly NewJob[];
}

/**
 * Changes rows that belong to a user and to no organization, without ending access, so it is not a
 * command. It locks the user's row, so that changes to one user are sequential. A command that adds
 * the user as a member waits, and a later refresh finds that member. Two users who prove each
 * other's address at once wait for each other; PostgreSQL ends one of the transactions, which then
 * runs again.
 * @throws OrgError as `lockOwner`
 */
export async function inUserTransaction<T>(
  path: WritePath,
  owner: AccountOwner,
  work: (tx: Tx, user: LockedUser) => Promise<UserTransactionResult<T>>,
): Promise<T> {
  try {
    const {
      result,
      mails = [],
      jobs = [],
    } = await retryConflicts(() =>
      path.database.db.transaction().execute(async (tx) => {
        const user = await lockOwner(tx, owner);
        const change = await work(tx, user);
        await enqueueMail(tx, change.mails ?? []);
        await enqueueJobs(tx, change.jobs ?? []);
        return change;
      }),
    );
    if (mails.length > 0) path.wakeMail();
    if (jobs.length > 0) path.wakeJobs();
    return result;
  } catch (error) {
    throw translateDatabaseError(error);
  }
}
