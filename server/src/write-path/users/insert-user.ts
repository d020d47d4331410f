import type { Tx } from '../../database/database.ts';
import { placeholderDomain } from '../../database/identity/placeholder-address.ts';
import { type AccountOriginName, accountOrigins } from './account-origins.ts';
import { yieldAddress } from './yield-address.ts';

export interface NewUser {
  readonly email: string;
  readonly name: string;
  /** If null, the user cannot log in with a password. */
  readonly passwordHash: string | null;
  readonly isActive: boolean;
  readonly externalId?: string | null;
}

/** Inserts a user and returns their id. The origin decides whether the address is verified. */
export async function insertUser(
  tx: Tx,
  origin: AccountOriginName,
  { email, name, passwordHash, isActive, externalId = null }: NewUser,
): Promise<string> {
  const isVerified = accountOrigins[origin].vouchedBy !== null;
  if (isVerified) await yieldAddress(tx, email);
  const { id } = await tx
    .insertInto('users')
    .values({ email, name, password_hash: passwordHash, is_active: isActive, external_id: externalId })
    .returning('id')
    .executeTakeFirstOrThrow();
  await tx.insertInto('user_emails').values({ user_id: id, email, is_verified: isVerified }).execute();
  return id;
}

/**
 * Inserts the users of an import who do not exist yet, as `<login>@users.invalid`. An address of
 * that domain is never unproven, so no account yields one.
 * @param logins in lower case
 */
export async function insertImportedUsers(tx: Tx, logins: ReadonlySet<string>): Promise<void> {
  if (logins.size === 0) return;
  // Users are inserted in a fixed order, so that two concurrent imports of the same users cannot
  // deadlock.
  const rows = [...logins].sort().map((login) => ({ email: `${login}${placeholderDomain}`, name: login }));
  const inserted = await tx
    .insertInto('users')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .returning(['id as user_id', 'email'])
    .execute();
  if (inserted.length === 0) return;
  const isVerified = accountOrigins.import.vouchedBy !== null;
  await tx
    .insertInto('user_emails')
    .values(inserted.map((row) => ({ ...row, is_verified: isVerified })))
    .execute();
}
