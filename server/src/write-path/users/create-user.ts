import { OrgError } from '@rollcall/protocol';
import { retryConflicts } from '../../database/retry-conflicts.ts';
import { translateDatabaseError, violatedUnique } from '../../database/translate-error.ts';
import type { WritePath } from '../run-command.ts';
import type { AccountOriginName } from './account-origins.ts';
import { insertUser, type NewUser } from './insert-user.ts';

/**
 * Creates a user and returns their id. Users belong to no organization and a new user is in no
 * replica, so this is not a command.
 * @throws OrgError `already-exists` if the address is taken, in any case, or the external id
 */
export function createUser({ database }: WritePath, origin: AccountOriginName, user: NewUser): Promise<string> {
  return againIfTaken(async () => {
    try {
      return await retryConflicts(() => database.db.transaction().execute((tx) => insertUser(tx, origin, user)));
    } catch (error) {
      const conflict = userConflicts[violatedUnique(error) ?? ''];
      throw conflict ? conflict() : translateDatabaseError(error);
    }
  });
}

/**
 * Runs a transaction once more if its address was taken. A concurrent login may have given the
 * address to an account that has not proved it, after this transaction looked for one.
 */
export async function againIfTaken<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof OrgError && error.code === 'already-exists') return run();
    throw error;
  }
}

/** An address can be another user's primary one, or one of their verified ones. */
export const userConflicts: Readonly<Record<string, () => OrgError>> = {
  users_email_key: emailTaken,
  user_emails_verified_key: emailTaken,
  users_external_id_key: () => new OrgError('already-exists', 'A user with this externalId already exists.'),
};

export function emailTaken(): OrgError {
  return new OrgError('already-exists', 'A user with this email already exists.');
}
