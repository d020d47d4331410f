import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import type { HashFor, PasswordPool } from './password-pool.ts';

/** A user who logged in, and the hash that their password was compared with: it may have changed by the time the session is opened. */
export interface PasswordLogin {
  readonly userId: string;
  readonly passwordHash: string;
}

/** The user that a password is to be compared with. */
export interface LoginCandidate {
  readonly userId: string;
  /** Null when no password lets them in: they have none, or are disabled. */
  readonly passwordHash: string | null;
}

/** Null for an unknown name. What a caller learns must not depend on it (see `verifyCandidate`). */
export async function findLoginCandidate(db: Db, username: string): Promise<LoginCandidate | null> {
  const user = await db
    .selectFrom('users')
    .select(['id', 'password_hash', 'is_active'])
    .where(sql<string>`lower(email)`, '=', username.toLowerCase())
    .executeTakeFirst();
  return user ? candidateOf(user) : null;
}

/** The same for a user who is known: to renew a login, or to change the password. */
export async function readLoginCandidate(db: Db, userId: string): Promise<LoginCandidate | null> {
  const user = await db.selectFrom('users').select(['id', 'password_hash', 'is_active']).where('id', '=', userId).executeTakeFirst();
  return user ? candidateOf(user) : null;
}

interface UserRow {
  readonly id: string;
  readonly password_hash: string | null;
  readonly is_active: boolean;
}

function candidateOf({ id, password_hash, is_active }: UserRow): LoginCandidate {
  return { userId: id, passwordHash: is_active ? password_hash : null };
}

/** Null when the password is wrong. It takes as long when there is no such user, or none whom a password lets in. */
export async function verifyCandidate(
  pool: PasswordPool,
  candidate: LoginCandidate | null,
  password: string,
  whom: HashFor,
): Promise<PasswordLogin | null> {
  const passwordHash = candidate?.passwordHash ?? null;
  const isRight = await pool.verify(passwordHash, password, whom);
  return isRight && candidate && passwordHash !== null ? { userId: candidate.userId, passwordHash } : null;
}
