import type { MemberUser } from '@rollcall/protocol';
import { anyOf } from '../any-of.ts';
import type { Db, Tx } from '../database.ts';

/** Recovery codes alone are no second factor (REST contract 5.6). */
const secondFactor = 'totp';

/** A user with the addresses, which records may hide. */
export type StoredUser = MemberUser & { readonly username: string; readonly email: string };

/** Users as organizations know them. Ids that nobody has are absent. In no particular order. */
export async function readMemberUsers(db: Db, ids: readonly string[]): Promise<StoredUser[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('users')
    .select((eb) => [
      'id',
      'email',
      'name',
      'is_active',
      eb
        .exists(
          eb.selectFrom('authenticators').whereRef('authenticators.user_id', '=', 'users.id').where('type', '=', secondFactor).select('id'),
        )
        .as('has2fa'),
    ])
    .where('id', '=', anyOf('bigint', ids))
    .execute();
  return rows.map(({ id, email, name, is_active, has2fa }) => ({
    id,
    name,
    username: email,
    email,
    isActive: is_active,
    has2fa: Boolean(has2fa),
  }));
}

/**
 * Users who are about to become members. Their rows are held until the end of the transaction: a change to a user that
 * came in between would refresh the copies in the members of that moment, and ours would stay behind for good.
 */
export async function readJoiningUsers(tx: Tx, ids: readonly string[]): Promise<MemberUser[]> {
  if (ids.length === 0) return [];
  // In one order everywhere, and as a statement of its own: the next one then sees what the lock waited for.
  await tx.selectFrom('users').select('id').where('id', '=', anyOf('bigint', ids)).orderBy('id').forShare().execute();
  return readMemberUsers(tx, ids);
}
