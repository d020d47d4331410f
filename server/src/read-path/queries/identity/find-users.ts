import { isId, type MemberUser } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { readMemberUsers } from '../../../database/identity/users-read.ts';
import { isStorable } from '../../../runtime/storable-text.ts';

/**
 * The user with this id, in the form in which organizations show users. Null when there is none.
 */
export async function findUser(db: Db, id: string): Promise<MemberUser | null> {
  const [user = null] = isId(id) ? await readMemberUsers(db, [id]) : [];
  return user;
}

/**
 * Lists users by id, from `offset` on.
 * @param email compared as a whole and without case; null lists all users
 */
export async function listUsers(db: Db, email: string | null, limit: number, offset: number): Promise<MemberUser[]> {
  if (email !== null && !isStorable(email)) return [];
  let query = db.selectFrom('users').select('id').orderBy('id').limit(limit).offset(offset);
  if (email !== null) query = query.where(sql<string>`lower(email)`, '=', email.toLowerCase());
  const ids = (await query.execute()).map(({ id }) => id);
  const users = await readUsersById(db, ids);
  return ids.flatMap((id) => users.get(id) ?? []);
}

/** The current accounts, by id. */
export async function readUsersById(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, MemberUser>> {
  return new Map((await readMemberUsers(db, ids)).map((user) => [user.id, user]));
}

/** Whether an account has this address, as its primary or as a verified one. Case is ignored. */
export async function isAddressTaken(db: Db, email: string): Promise<boolean> {
  const address = email.toLowerCase();
  const { rows } = await sql<{ isTaken: boolean }>`
    SELECT EXISTS (SELECT 1 FROM users WHERE lower(email) = ${address})
      OR EXISTS (SELECT 1 FROM user_emails WHERE is_verified AND lower(email) = ${address}) AS "isTaken"`.execute(db);
  return rows[0]!.isTaken;
}
