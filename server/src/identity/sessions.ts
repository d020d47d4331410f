import { randomBytes } from 'node:crypto';
import { type ExpressionBuilder, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import { anyOf } from '../database/any-of.ts';
import type { Db } from '../database/database.ts';
import { lacksSecondFactor } from '../database/identity/second-factor.ts';
import type { Schema } from '../database/schema.ts';
import type { SsoBinding, SsoBindings } from '../domain/caller-access.ts';
import { hashToken } from '../runtime/secrets/hash-token.ts';
import type { Authentication } from './caller.ts';
import { type RecordUse, recordNoUse, recordUse, wasUsedLately } from './use/record-use.ts';

/** The sessions that logins open in browsers, and their lifetimes. */

/**
 * NIST SP 800-63B section 4.1.3: a user who logged in with one factor must log in again at least
 * every 30 days.
 */
export const sessionDaysMax = 30;
/** A session ends after two weeks without use, as in Django and therefore in Sentry. */
export const sessionIdleDaysMax = 14;
/** Irreversible actions require a login within the last two hours, as GitHub's sudo mode does. */
export const recentLoginHours = 2;

/** 256 bits. */
export function mintSessionToken(): string {
  return randomBytes(32).toString('base64url');
}

const isLive = sql<boolean>`sessions.expires_at > clock_timestamp()
  AND sessions.date_last_used > clock_timestamp() - make_interval(days => ${sql.lit(sessionIdleDaysMax)})`;
const isRecent = (time: string) =>
  sql<boolean>`${sql.ref(time)} > clock_timestamp() - make_interval(hours => ${sql.lit(recentLoginHours)})`;

export interface SessionRules {
  readonly record?: RecordUse;
  /** Whether sessions that began with a password need a second factor (`REQUIRE_2FA`). */
  readonly requiresSecondFactor: boolean;
}

/**
 * Verifies many sessions with one query. Sessions that are unknown, ended, expired or idle for too
 * long are absent, and so are those of disabled users.
 */
export async function authenticateSessions(
  db: Db,
  tokens: readonly string[],
  { record = recordNoUse, requiresSecondFactor }: SessionRules,
): Promise<ReadonlyMap<string, Authentication>> {
  const rows = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['sessions.id', 'sessions.token_hash', 'sessions.user_id', 'sessions.expires_at', 'sessions.kind', 'users.email'])
    .select((eb) => bindingsOf(eb).as('bindings'))
    .select(lacksSecondFactor.as('lacks2fa'))
    .select(['sessions.has_second_factor', isRecent('sessions.second_factor_at').as('isRecentCode')])
    .select([isRecent('sessions.authenticated_at').as('isRecentLogin'), wasUsedLately('sessions').as('wasUsedLately')])
    .where('sessions.token_hash', '=', anyOf('text', tokens.map(hashToken)))
    .where('users.is_active', '=', true)
    .where(isLive)
    .execute();
  record(
    'sessions',
    rows.filter((row) => !row.wasUsedLately).map(({ id }) => id),
  );
  const found = new Map(rows.map((row) => [row.token_hash, authenticationOf(row, requiresSecondFactor)]));
  return new Map(
    tokens.flatMap((token) => {
      const authentication = found.get(hashToken(token));
      return authentication ? [[token, authentication] as const] : [];
    }),
  );
}

/** Records that sessions are in use. A session that was already idle for too long stays ended. */
export function recordSessionsUse(db: Db, ids: readonly string[]): Promise<void> {
  return recordUse(db, 'sessions', ids, isLive);
}

/** Ids as text, because they would lose digits as JSON numbers. */
function bindingsOf(eb: ExpressionBuilder<Schema, 'sessions'>) {
  return jsonArrayFrom(
    eb
      .selectFrom('session_sso')
      .innerJoin('sso_identities', (join) =>
        join
          .onRef('sso_identities.organization_id', '=', 'session_sso.organization_id')
          .onRef('sso_identities.id', '=', 'session_sso.identity_id'),
      )
      .whereRef('session_sso.session_id', '=', 'sessions.id')
      .where('sso_identities.member_id', 'is not', null)
      .select((inner) => [
        inner.cast<string>('session_sso.organization_id', 'text').as('orgId'),
        inner.cast<string>('session_sso.provider_id', 'text').as('providerId'),
        inner.cast<string>('sso_identities.member_id', 'text').as('memberId'),
        'generation',
        'session_sso.expires_at as expiresAt',
        isRecent('session_sso.authenticated_at').as('isRecentLogin'),
      ]),
  );
}

interface SessionRow {
  readonly id: string;
  readonly user_id: string;
  readonly expires_at: string;
  readonly kind: string;
  readonly email: string;
  readonly isRecentLogin: boolean;
  readonly isRecentCode: boolean | null;
  readonly has_second_factor: boolean | null;
  readonly lacks2fa: boolean;
  readonly bindings: readonly (SsoBinding & { readonly orgId: string; readonly isRecentLogin: boolean })[];
}

/** Sessions without single sign-on share the object. */
const noBindings: SsoBindings = new Map();

function authenticationOf(row: SessionRow, requiresSecondFactor: boolean): Authentication {
  const bindings: SsoBindings =
    row.bindings.length === 0 ? noBindings : new Map(row.bindings.map(({ orgId, isRecentLogin: _recent, ...binding }) => [orgId, binding]));
  // A session of a kind that this version does not know is limited to its bindings.
  const boundOrgIds = row.kind === 'full' ? null : new Set(bindings.keys());
  const recent = row.bindings.filter(({ isRecentLogin }) => isRecentLogin);
  const recentOrgIds = boundOrgIds && new Set(recent.map(({ orgId }) => orgId));
  const secondFactor = {
    isMissing: row.lacks2fa,
    ...(row.has_second_factor === false && { isUnused: true }),
    ...(requiresSecondFactor && boundOrgIds === null && { isRequired: true }),
  };
  return {
    actor: { kind: 'user', userId: row.user_id, tokenScopes: null, boundOrgIds, bindings, secondFactor },
    credentialId: row.id,
    expiresAt: row.expires_at,
    session: { username: row.email, isRecentLogin: row.isRecentLogin, isRecentCode: row.isRecentCode === true, recentOrgIds },
  };
}
