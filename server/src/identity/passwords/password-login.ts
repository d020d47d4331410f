import { sql } from 'kysely';
import type { Db } from '../../database/database.ts';
import type { HashOrigin, PasswordPool } from './password-pool.ts';

/**
 * A user who logged in, and the hash that matched their password. The stored hash may have changed
 * by the time the session is opened.
 */
export interface PasswordLogin {
  readonly userId: string;
  readonly passwordHash: string;
}

/** The user with whose hash a password is to be compared. */
export interface LoginCandidate {
  readonly userId: string;
  /** Null if no password can log in: the user has none, or is disabled. */
  readonly passwordHash: string | null;
}

/**
 * Null for an unknown name. The response to the caller must not depend on it (see
 * `verifyCandidate`).
 */
export async function findLoginCandidate(db: Db, username: string): Promise<LoginCandidate | null> {
  const user = await db
    .selectFrom('users')
    .select(['id', 'password_hash', 'is_active'])
    .where(sql<string>`lower(email)`, '=', username.toLowerCase())
    .executeTakeFirst();
  return user ? candidateOf(user) : null;
}

/** Reads the candidate by user id, to confirm a login or to change the password. */
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

/**
 * Null if the password is wrong. The comparison takes as long if there is no such user, or if no
 * password can log in.
 */
export async function verifyCandidate(
  pool: PasswordPool,
  candidate: LoginCandidate | null,
  password: string,
  origin: HashOrigin,
): Promise<PasswordLogin | null> {
  const passwordHash = candidate?.passwordHash ?? null;
  const isRight = await pool.verify(passwordHash, password, origin);
  return isRight && candidate && passwordHash !== null ? { userId: candidate.userId, passwordHash } : null;
}
