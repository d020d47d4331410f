import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { hashPassword, verifyPassword } from './passwords.ts';

/** Who logs in, and the hash that their password was compared with: it may be another one by the time the session is opened. */
export interface PasswordLogin {
  readonly userId: string;
  readonly passwordHash: string;
}

/**
 * The active user whose primary address and password these are. Null otherwise: nobody learns whether there is such a
 * user, not by the time it takes either.
 */
export async function verifyLogin(db: Db, username: string, password: string): Promise<PasswordLogin | null> {
  const user = await db
    .selectFrom('users')
    .select(['id', 'password_hash', 'is_active'])
    .where(sql<string>`lower(email)`, '=', username.toLowerCase())
    .executeTakeFirst();
  return compare(user, password);
}

/** The same for a user who is known: to renew a login, or to change the password. */
export async function verifyPasswordOf(db: Db, userId: string, password: string): Promise<PasswordLogin | null> {
  const user = await db.selectFrom('users').select(['id', 'password_hash', 'is_active']).where('id', '=', userId).executeTakeFirst();
  return compare(user, password);
}

interface UserRow {
  readonly id: string;
  readonly password_hash: string | null;
  readonly is_active: boolean;
}

/** Of a password that nobody knows: compared with where there is none. */
let unusableHash: Promise<string> | null = null;

async function compare(user: UserRow | undefined, password: string): Promise<PasswordLogin | null> {
  unusableHash ??= hashPassword(crypto.randomUUID());
  const passwordHash = user?.password_hash ?? null;
  const isRight = await verifyPassword(passwordHash ?? (await unusableHash), password);
  return user?.is_active && passwordHash !== null && isRight ? { userId: user.id, passwordHash } : null;
}
