import type { MemberUser } from '@rollcall/protocol';
import { anyOf } from '../any-of.ts';
import type { Db, Tx } from '../database.ts';
import { lacksSecondFactor } from './second-factor.ts';

/** A user including the addresses, which records may hide. */
export type StoredUser = MemberUser & { readonly username: string; readonly email: string };

/**
 * Reads users in the form that organizations use, in no particular order. Unknown ids are absent.
 */
export async function readMemberUsers(db: Db, ids: readonly string[]): Promise<StoredUser[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('users')
    .select(['id', 'email', 'name', 'is_active', lacksSecondFactor.as('lacks2fa')])
    .where('id', '=', anyOf('bigint', ids))
    .execute();
  return rows.map(({ id, email, name, is_active, lacks2fa }) => ({
    id,
    name,
    username: email,
    email,
    isActive: is_active,
    has2fa: !lacks2fa,
  }));
}

/**
 * Reads users who are about to become members, and locks their rows until the end of the
 * transaction. Otherwise a concurrent change to a user would update only the members that exist at
 * that moment, and the new member would permanently keep the old values.
 */
export async function readJoiningUsers(tx: Tx, ids: readonly string[]): Promise<StoredUser[]> {
  if (ids.length === 0) return [];
  // All transactions lock users in this order. The lock is a separate statement, so that the next
  // one sees the changes that the lock waited for.
  await tx.selectFrom('users').select('id').where('id', '=', anyOf('bigint', ids)).orderBy('id').forShare().execute();
  return readMemberUsers(tx, ids);
}

/** Reads users with whether they have a password, and locks their rows like `readJoiningUsers`. */
export async function readUsersWithPassword(tx: Tx, ids: readonly string[]): Promise<(StoredUser & { readonly hasPassword: boolean })[]> {
  const users = await readJoiningUsers(tx, ids);
  const rows = await tx
    .selectFrom('users')
    .select('id')
    .where('id', '=', anyOf('bigint', ids))
    .where('password_hash', 'is not', null)
    .execute();
  const withPassword = new Set(rows.map(({ id }) => id));
  return users.map((user) => ({ ...user, hasPassword: withPassword.has(user.id) }));
}
