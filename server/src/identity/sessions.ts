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

/** Irreversible actions require a login within the last two hours, as GitHub's sudo mode does. */
export const recentLoginHours = 2;

/** 256 bits. */
export function mintSessionToken(): string {
  return randomBytes(32).toString('base64url');
}

const isLive = (idleDaysMax: number) => sql<boolean>`sessions.expires_at > clock_timestamp()
  AND sessions.date_last_used > clock_timestamp() - make_interval(days => ${sql.lit(idleDaysMax)})`;
/** Whether the token before the last proof of identity is still accepted. */
const isFormerTokenValid = sql<boolean>`coalesce(sessions.former_until > clock_timestamp(), false)`;
const isRecent = (time: string) =>
  sql<boolean>`${sql.ref(time)} > clock_timestamp() - make_interval(hours => ${sql.lit(recentLoginHours)})`;

export interface SessionRules {
  readonly record?: RecordUse;
  /** Whether sessions that began with a password need a second factor (`REQUIRE_2FA`). */
  readonly requiresSecondFactor: boolean;
  /** A session that was not used for as many days has ended. */
  readonly idleDaysMax: number;
}

/**
 * Verifies many sessions with one query. Sessions that are unknown, ended, expired or idle for too
 * long are absent, and so are those of disabled users.
 */
export async function authenticateSessions(
  db: Db,
  tokens: readonly string[],
  { record = recordNoUse, requiresSecondFactor, idleDaysMax }: SessionRules,
): Promise<ReadonlyMap<string, Authentication>> {
  const hashes = anyOf('text', tokens.map(hashToken));
  const rows = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['sessions.id', 'sessions.token_hash', 'sessions.user_id', 'sessions.expires_at', 'sessions.kind', 'users.email'])
    .select([
      'sessions.authenticated_at',
      'sessions.former_token_hash',
      'sessions.former_authenticated_at',
      'sessions.former_has_second_factor',
    ])
    .select((eb) => bindingsOf(eb).as('bindings'))
    .select(lacksSecondFactor.as('lacks2fa'))
    .select(['sessions.has_second_factor', isRecent('sessions.second_factor_at').as('isRecentCode')])
    .select([isRecent('sessions.authenticated_at').as('isRecentLogin'), wasUsedLately('sessions').as('wasUsedLately')])
    .select([isFormerTokenValid.as('isFormerTokenValid'), isRecent('sessions.former_authenticated_at').as('wasRecentLogin')])
    .where((eb) =>
      eb.or([eb('sessions.token_hash', '=', hashes), eb.and([eb('sessions.former_token_hash', '=', hashes), isFormerTokenValid])]),
    )
    .where('users.is_active', '=', true)
    .where(isLive(idleDaysMax))
    .execute();
  record(
    'sessions',
    rows.filter((row) => !row.wasUsedLately).map(({ id }) => id),
  );
  const found = new Map(
    rows.flatMap((row) => [
      [row.token_hash, authenticationOf(row, requiresSecondFactor)] as const,
      ...(row.isFormerTokenValid ? [[row.former_token_hash!, formerAuthenticationOf(row, requiresSecondFactor)] as const] : []),
    ]),
  );
  return new Map(
    tokens.flatMap((token) => {
      const authentication = found.get(hashToken(token));
      return authentication ? [[token, authentication] as const] : [];
    }),
  );
}

/** Records that sessions are in use. A session that was already idle for too long stays ended. */
export function recordSessionsUse(db: Db, ids: readonly string[], idleDaysMax: number): Promise<void> {
  return recordUse(db, 'sessions', ids, isLive(idleDaysMax));
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
  readonly authenticated_at: string;
  readonly former_authenticated_at: string | null;
  readonly email: string;
  readonly isRecentLogin: boolean;
  /** Null if the session has no former token. */
  readonly wasRecentLogin: boolean | null;
  readonly isRecentCode: boolean | null;
  readonly has_second_factor: boolean | null;
  readonly former_has_second_factor: boolean | null;
  readonly lacks2fa: boolean;
  readonly bindings: readonly (SsoBinding & { readonly orgId: string; readonly isRecentLogin: boolean })[];
}

/** Sessions without single sign-on share the object. */
const noBindings: SsoBindings = new Map();

/** The former token of a session proves what it proved before, and no recent code. */
function formerAuthenticationOf(row: SessionRow, requiresSecondFactor: boolean): Authentication {
  const former = {
    authenticated_at: row.former_authenticated_at!,
    isRecentLogin: row.wasRecentLogin === true,
    has_second_factor: row.former_has_second_factor,
    isRecentCode: false,
  };
  return authenticationOf({ ...row, ...former }, requiresSecondFactor);
}

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
    actor: {
      kind: 'user',
      userId: row.user_id,
      tokenScopes: null,
      boundOrgIds,
      bindings,
      secondFactor,
      ...(boundOrgIds === null && { login: { at: Date.parse(row.authenticated_at) } }),
    },
    credentialId: row.id,
    expiresAt: row.expires_at,
    session: { username: row.email, isRecentLogin: row.isRecentLogin, isRecentCode: row.isRecentCode === true, recentOrgIds },
  };
}
