import { expandScopes, isId, OrgError, type Scope } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { lacksSecondFactor } from '../database/identity/second-factor.ts';
import { hasSlug } from '../database/organizations/organization-slug.ts';
import { prepared } from '../database/prepared.ts';
import { hashToken } from '../runtime/secrets/hash-token.ts';
import { type Identity, refuse, refuseDisabled, refuseExpired, type TokenInOrganization, type TokenVerdict } from './identity.ts';
import { authenticateServiceTokens } from './tokens/service-tokens.ts';
import { orgTokenPrefix, serviceTokenPrefix } from './tokens/tokens.ts';
import { type RecordUse, recordNoUse, wasUsedLately } from './use/record-use.ts';

/** Tokens that this server created, for users, organizations and services. */

/** Verifies many tokens at once. Each token has a verdict. */
export type VerifyTokens = (tokens: readonly string[]) => Promise<ReadonlyMap<string, TokenVerdict>>;

/**
 * @param verifyTokens reads directly from the database, or batches the reads of concurrent callers
 */
export function openOwnIdentity(verifyTokens: VerifyTokens): Identity {
  return {
    async authenticate(token) {
      const verdict = (await verifyTokens([token])).get(token);
      if (verdict === undefined) throw new Error('The verification returned no result for the token.');
      if (verdict instanceof OrgError) throw verdict;
      return verdict;
    },
  };
}

/**
 * Verifies many tokens with one query, because thousands of clients reconnect at once after a
 * restart. Each token has a verdict.
 */
export async function authenticateTokens(
  db: Db,
  tokens: readonly string[],
  record: RecordUse = recordNoUse,
): Promise<ReadonlyMap<string, TokenVerdict>> {
  const ofServices = tokens.filter((token) => token.startsWith(serviceTokenPrefix));
  const others = tokens.filter((token) => !token.startsWith(serviceTokenPrefix));
  const verdicts = await authenticateServiceTokens(db, ofServices);
  return new Map([...verdicts, ...(others.length > 0 ? await authenticateOthers(db, others, record) : [])]);
}

async function authenticateOthers(db: Db, tokens: readonly string[], record: RecordUse): Promise<ReadonlyMap<string, TokenVerdict>> {
  const hashes = tokens.map(hashToken);
  const rows = await readTokenRows(db, hashes);
  const verdicts = new Map(tokens.map((token, index) => [token, verifyToken(token, rows.get(hashes[index]!))]));
  const good = new Set([...verdicts.values()].flatMap((verdict) => (verdict instanceof OrgError ? [] : verdict.credentialId)));
  const unrecorded = [...rows.values()].filter((row) => good.has(row.id) && !row.wasUsedLately);
  record(
    'auth_tokens',
    unrecorded.map(({ id }) => id),
  );
  return verdicts;
}

/**
 * Verifies a token of a user or an organization, and finds the organization that its request names,
 * with one statement.
 * @param name an id or a slug
 */
export async function authenticateTokenIn(db: Db, token: string, name: string, record: RecordUse): Promise<TokenInOrganization> {
  const [row] = await (isId(name) ? selectTokenAndOrgById : selectTokenAndOrgBySlug)(db, hashToken(token), name);
  const verdict = verifyToken(token, row);
  if (row && !(verdict instanceof OrgError) && !row.wasUsedLately) record('auth_tokens', [row.id]);
  const org = row?.found_id && row.found_slug ? { id: row.found_id, slug: row.found_slug } : null;
  return { verdict, org };
}

interface TokenRow {
  readonly id: string;
  readonly token_hash: string;
  readonly organization_id: string | null;
  readonly scopes: unknown;
  readonly expires_at: string | null;
  readonly isExpired: boolean;
  readonly wasUsedLately: boolean;
  /** Null for an organization token. */
  readonly user_id: string | null;
  readonly is_active: boolean | null;
  readonly lacks2fa: boolean;
  /** Set for an organization token. */
  readonly is_for_scim: boolean;
}

const isExpired = sql<boolean>`coalesce(auth_tokens.expires_at <= clock_timestamp(), false)`;

async function readTokenRows(db: Db, hashes: readonly string[]): Promise<ReadonlyMap<string, TokenRow>> {
  const rows = await (hashes.length === 1 ? selectToken(db, hashes[0]!) : selectTokens(db, hashes));
  return new Map(rows.map((row) => [row.token_hash, row]));
}

/**
 * Reads the token of one request. PostgreSQL keeps the plan for one value, but not for an array.
 */
const selectToken = prepared((db, hash: string) => tokenRows(db).where('auth_tokens.token_hash', '=', hash).compile());

const selectTokenAndOrgById = prepared((db, hash: string, id: string) =>
  tokenRows(db)
    .where('auth_tokens.token_hash', '=', hash)
    .leftJoin('organizations', (join) => join.on('organizations.id', '=', id))
    .select(foundColumns)
    .compile(),
);

const selectTokenAndOrgBySlug = prepared((db, hash: string, slug: string) =>
  tokenRows(db)
    .where('auth_tokens.token_hash', '=', hash)
    .leftJoin('organizations', (join) => join.on(hasSlug(slug)))
    .select(foundColumns)
    .compile(),
);

const foundColumns = ['organizations.id as found_id', 'organizations.slug as found_slug'] as const;

const selectTokens = prepared((db, hashes: readonly string[]) =>
  tokenRows(db).where(sql<boolean>`auth_tokens.token_hash = any(${hashes}::text[])`).compile(),
);

function tokenRows(db: Db) {
  return db
    .selectFrom('auth_tokens')
    .leftJoin('users', 'users.id', 'auth_tokens.user_id')
    .select(['auth_tokens.id', 'auth_tokens.token_hash', 'auth_tokens.organization_id', 'auth_tokens.scopes', 'auth_tokens.expires_at'])
    .select('auth_tokens.is_for_scim')
    .select([isExpired.as('isExpired'), wasUsedLately('auth_tokens').as('wasUsedLately'), 'users.id as user_id', 'users.is_active'])
    .select(lacksSecondFactor.as('lacks2fa'));
}

function verifyToken(token: string, row: TokenRow | undefined): TokenVerdict {
  return token.startsWith(orgTokenPrefix) ? verifyOrgToken(row) : verifyUserToken(row);
}

function verifyUserToken(row: TokenRow | undefined): TokenVerdict {
  if (!row || row.user_id === null) return refuse('Invalid token');
  // Checked first, because deactivation expires the user's tokens too.
  if (!row.is_active) return refuseDisabled();
  if (row.isExpired) return refuseExpired();
  return {
    actor: {
      kind: 'user',
      userId: row.user_id,
      tokenScopes: scopesOf(row),
      boundOrgIds: row.organization_id === null ? null : new Set([row.organization_id]),
      bindings: null,
      secondFactor: { isMissing: row.lacks2fa },
    },
    credentialId: row.id,
    expiresAt: row.expires_at,
    session: null,
  };
}

function verifyOrgToken(row: TokenRow | undefined): TokenVerdict {
  if (!row || row.user_id !== null || row.organization_id === null) return refuse('Invalid org token');
  if (row.isExpired) return refuseExpired();
  return {
    actor: { kind: 'org-token', tokenId: row.id, orgId: row.organization_id, tokenScopes: scopesOf(row), isForScim: row.is_for_scim },
    credentialId: row.id,
    expiresAt: row.expires_at,
    session: null,
  };
}

function scopesOf(row: TokenRow): ReadonlySet<Scope> {
  return expandScopes(row.scopes as Scope[]);
}
