import { OrgError } from '@rollcall/protocol';
import type { Tx } from '../../database/database.ts';
import { retryConflicts } from '../../database/retry-conflicts.ts';
import { translateDatabaseError, violatedUnique } from '../../database/translate-error.ts';
import type { WritePath } from '../run-command.ts';
import { yieldAddress } from './yield-address.ts';

export interface CreateUser {
  readonly email: string;
  readonly name: string;
  /** If null, the user cannot log in with a password. */
  readonly passwordHash: string | null;
  readonly isActive: boolean;
  readonly externalId?: string | null;
}

/**
 * Creates a user and returns their id. Users belong to no organization and a new user is in no
 * replica, so this is not a command.
 * @throws OrgError `already-exists` if the address is taken, in any case, or the external id
 */
export function createUser({ database }: WritePath, user: CreateUser): Promise<string> {
  return againIfTaken(async () => {
    try {
      return await retryConflicts(() => database.db.transaction().execute((tx) => insertUser(tx, user)));
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

/**
 * A primary address counts as verified, because the caller who creates the user is responsible for
 * it. An account that has the address without a proof yields it. An identity provider may create
 * users whose addresses it does not control.
 */
export async function insertUser(
  tx: Tx,
  { email, name, passwordHash, isActive, externalId = null, isVerified = true }: CreateUser & { readonly isVerified?: boolean },
): Promise<string> {
  if (isVerified) await yieldAddress(tx, email);
  const { id } = await tx
    .insertInto('users')
    .values({ email, name, password_hash: passwordHash, is_active: isActive, external_id: externalId })
    .returning('id')
    .executeTakeFirstOrThrow();
  await tx.insertInto('user_emails').values({ user_id: id, email, is_verified: isVerified }).execute();
  return id;
}

export function emailTaken(): OrgError {
  return new OrgError('already-exists', 'A user with this email already exists.');
}
