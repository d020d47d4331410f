import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { hashToken } from '../runtime/hash-token.ts';
import type { Caller } from './caller.ts';
import { noteUse, wasUsedLately } from './note-use.ts';

/** Sessions: what a login opens in a browser, and how long it lasts. */

/** NIST SP 800-63B section 4.1.3: whoever is signed in by one factor proves it again at least every 30 days. */
export const sessionDaysMax = 30;
/** A session that nobody used for two weeks is forgotten, as Django's, and so Sentry's, are. */
export const sessionIdleDaysMax = 14;
/** What cannot be undone asks for a login of the last two hours, as GitHub's sudo mode does. */
const recentLoginHours = 2;

/** 256 bits. */
export function mintSessionToken(): string {
  return randomBytes(32).toString('base64url');
}

const isLive = sql<boolean>`sessions.expires_at > clock_timestamp()
  AND sessions.date_last_used > clock_timestamp() - make_interval(days => ${sql.lit(sessionIdleDaysMax)})`;
const isRecentLogin = sql<boolean>`sessions.authenticated_at > clock_timestamp() - make_interval(hours => ${sql.lit(recentLoginHours)})`;

/** Judges many sessions with one query. Those unknown, ended, expired or idle for too long, or of a disabled user, are absent. */
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
  await noteUse(
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

/** Notes that sessions are in use. One that has been idle for too long already stays so. */
export function noteSessionsUse(db: Db, ids: readonly string[]): Promise<void> {
  return noteUse(db, 'sessions', ids, isLive);
}

function callerOf(row: { id: string; user_id: string; expires_at: string; email: string; isRecentLogin: boolean }): Caller {
  return {
    actor: { kind: 'user', userId: row.user_id, tokenScopes: null, boundOrgId: null },
    credentialId: row.id,
    expiresAt: row.expires_at,
    session: { username: row.email, isRecentLogin: row.isRecentLogin },
  };
}
