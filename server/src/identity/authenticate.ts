import { expandScopes, OrgError, type Scope } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { readBearerToken } from './authorization-header.ts';
import type { Caller } from './caller.ts';
import { hashToken, orgTokenPrefix } from './tokens.ts';

/**
 * The one place where a credential is judged, for REST and for the socket's handshake alike: unknown, revoked,
 * expired, and the user behind it disabled (spec: 2).
 */

const expiredMessage = 'Token expired';

/**
 * Judges an `Authorization` header. Null when there are no credentials in it.
 * @throws OrgError `unauthenticated`, worded as the contract has it
 */
export async function authenticate(db: Db, authorization: string | undefined): Promise<Caller | null> {
  const token = readBearerToken(authorization);
  return token === null ? null : authenticateToken(db, token);
}

/** @throws OrgError `unauthenticated` */
export async function authenticateToken(db: Db, token: string): Promise<Caller> {
  return token.startsWith(orgTokenPrefix) ? authenticateOrgToken(db, token) : authenticateUserToken(db, token);
}

/** Whether a refusal means that the credential was good once: the socket's handshake has a code of its own for it. */
export function isExpiredCredential(error: unknown): boolean {
  return error instanceof OrgError && error.code === 'unauthenticated' && error.message === expiredMessage;
}

function refuse(message: string): OrgError {
  return new OrgError('unauthenticated', message);
}

interface TokenRow {
  readonly id: string;
  readonly organization_id: string | null;
  readonly scopes: unknown;
  readonly expires_at: string | null;
  readonly isExpired: boolean;
  readonly wasUsedLately: boolean;
}

const isExpired = sql<boolean>`coalesce(auth_tokens.expires_at <= clock_timestamp(), false)`.as('isExpired');
/** The time of use is written at most once a minute, so that a busy client doesn't make each read a write. */
const wasUsedLately = sql<boolean>`coalesce(auth_tokens.date_last_used > clock_timestamp() - interval '1 minute', false)`.as(
  'wasUsedLately',
);
const tokenColumns = ['auth_tokens.id', 'auth_tokens.organization_id', 'auth_tokens.scopes', 'auth_tokens.expires_at'] as const;

async function authenticateUserToken(db: Db, token: string): Promise<Caller> {
  const row = await db
    .selectFrom('auth_tokens')
    .innerJoin('users', 'users.id', 'auth_tokens.user_id')
    .select([...tokenColumns, isExpired, wasUsedLately, 'users.id as user_id', 'users.is_active'])
    .where('auth_tokens.token_hash', '=', hashToken(token))
    .executeTakeFirst();
  if (!row) throw refuse('Invalid token');
  if (row.isExpired) throw refuse(expiredMessage);
  if (!row.is_active) throw refuse('User inactive or deleted');
  await noteUse(db, row);
  return {
    actor: { kind: 'user', userId: row.user_id, tokenScopes: scopesOf(row), boundOrgId: row.organization_id },
    credentialId: row.id,
    expiresAt: row.expires_at,
  };
}

async function authenticateOrgToken(db: Db, token: string): Promise<Caller> {
  const row = await db
    .selectFrom('auth_tokens')
    .select([...tokenColumns, isExpired, wasUsedLately])
    .where('token_hash', '=', hashToken(token))
    .where('user_id', 'is', null)
    .executeTakeFirst();
  if (!row?.organization_id) throw refuse('Invalid org token');
  if (row.isExpired) throw refuse(expiredMessage);
  await noteUse(db, row);
  return {
    actor: { kind: 'org-token', tokenId: row.id, orgId: row.organization_id, tokenScopes: scopesOf(row) },
    credentialId: row.id,
    expiresAt: row.expires_at,
  };
}

function scopesOf(row: TokenRow): ReadonlySet<Scope> {
  return expandScopes(row.scopes as Scope[]);
}

async function noteUse(db: Db, row: TokenRow): Promise<void> {
  if (row.wasUsedLately) return;
  await db.updateTable('auth_tokens').set({ date_last_used: sql`clock_timestamp()` }).where('id', '=', row.id).execute();
}
