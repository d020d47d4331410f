import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { hashToken } from '../runtime/hash-token.ts';
import type { Caller } from './caller.ts';
import { recordUse, wasUsedLately } from './record-use.ts';

/** The sessions that logins open in browsers, and their lifetimes. */

/**
 * NIST SP 800-63B section 4.1.3: a user who logged in with one factor must log in again at least
 * every 30 days.
 */
export const sessionDaysMax = 30;
/** A session ends after two weeks without use, as in Django and therefore in Sentry. */
export const sessionIdleDaysMax = 14;
/** Irreversible actions require a login within the last two hours, as GitHub's sudo mode does. */
const recentLoginHours = 2;

/** 256 bits. */
export function mintSessionToken(): string {
  return randomBytes(32).toString('base64url');
}

const isLive = sql<boolean>`sessions.expires_at > clock_timestamp()
  AND sessions.date_last_used > clock_timestamp() - make_interval(days => ${sql.lit(sessionIdleDaysMax)})`;
const isRecentLogin = sql<boolean>`sessions.authenticated_at > clock_timestamp() - make_interval(hours => ${sql.lit(recentLoginHours)})`;

/**
 * Verifies many sessions with one query. Sessions that are unknown, ended, expired or idle for too
 * long are absent, and so are those of disabled users.
 */
export async function authenticateSessions(db: Db, tokens: readonly string[]): Promise<ReadonlyMap<string, Caller>> {
  const rows = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['sessions.id', 'sessions.token_hash', 'sessions.user_id', 'sessions.expires_at', 'users.email'])
    .select([isRecentLogin.as('isRecentLogin'), wasUsedLately('sessions').as('wasUsedLately')])
    .where('sessions.token_hash', 'in', tokens.map(hashToken))
    .where('users.is_active', '=', true)
    .where(isLive)
    .execute();
  await recordUse(
    db,
    'sessions',
    rows.filter((row) => !row.wasUsedLately).map(({ id }) => id),
  );
  const callers = new Map(rows.map((row) => [row.token_hash, callerOf(row)]));
  return new Map(
    tokens.flatMap((token) => {
      const caller = callers.get(hashToken(token));
      return caller ? [[token, caller] as const] : [];
    }),
  );
}

/** Records that sessions are in use. A session that was already idle for too long stays ended. */
export function recordSessionsUse(db: Db, ids: readonly string[]): Promise<void> {
  return recordUse(db, 'sessions', ids, isLive);
}

function callerOf(row: { id: string; user_id: string; expires_at: string; email: string; isRecentLogin: boolean }): Caller {
  return {
    actor: { kind: 'user', userId: row.user_id, tokenScopes: null, boundOrgId: null },
    credentialId: row.id,
    expiresAt: row.expires_at,
    session: { username: row.email, isRecentLogin: row.isRecentLogin },
  };
}
