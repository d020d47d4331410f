import { isId } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../database/database.ts';
import { digestOfName } from '../../database/identity/erased-names.ts';
import { lacksSecondFactor } from '../../database/identity/second-factor.ts';
import { isTrustedAddress } from '../../database/identity/user-emails.ts';
import type { DeriveToken } from '../../runtime/secrets/derived-tokens.ts';
import type { Identity } from '../identity.ts';
import type { TrustedIssuer, UserRule } from './trusted-issuer.ts';

/**
 * Tokens of a trusted issuer. They authenticate an existing user, with all rights of the user's
 * roles unless the operator lets the token limit them (`TokenRules`).
 */

export interface NamedUser {
  readonly id: string;
  readonly isActive: boolean;
  readonly lacks2fa: boolean;
}

/**
 * Users by their names in tokens. Unknown users are absent. Erased users are not active, and their
 * `id` is empty.
 */
export type ReadNamedUsers = (names: readonly string[]) => Promise<ReadonlyMap<string, NamedUser>>;

/** @param readUsers reads directly from the database, or batches the reads of concurrent callers */
export function openJwtIdentity(issuer: TrustedIssuer, readUsers: ReadNamedUsers): Identity {
  return {
    async authenticate(token) {
      const { userName, id, expiresAt, limits } = await issuer.verify(token);
      const user = (await readUsers([userName])).get(userName);
      if (!user) throw issuer.refuseUnknownUser();
      if (!user.isActive) throw issuer.refuseUser();
      return {
        actor: {
          kind: 'user',
          userId: user.id,
          tokenScopes: limits.scopes,
          boundOrgIds: null,
          bindings: null,
          secondFactor: { isMissing: user.lacks2fa, ...(limits.lacksSecondFactor && { isUnused: true }) },
        },
        credentialId: id,
        expiresAt,
        session: null,
        ofTrustedIssuer: { hasRecentLogin: limits.hasRecentLogin },
      };
    },
  };
}

const erased: NamedUser = { id: '', isActive: false, lacks2fa: false };

export function readNamedUsers(
  db: Db,
  { by }: UserRule,
  names: readonly string[],
  deriveToken: DeriveToken,
): Promise<ReadonlyMap<string, NamedUser>> {
  if (by === 'id') return readUsersById(db, names);
  return by === 'email' ? readUsersByEmail(db, names, deriveToken) : readUsersByExternalId(db, names, deriveToken);
}

/** The row of an erased user stays, without a name. */
async function readUsersById(db: Db, names: readonly string[]): Promise<ReadonlyMap<string, NamedUser>> {
  const ids = names.filter(isId);
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('users')
    .select(['id', 'is_active', lacksSecondFactor.as('lacks2fa')])
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, is_active, lacks2fa }) => [id, { id, isActive: is_active, lacks2fa }]));
}

async function readUsersByExternalId(db: Db, names: readonly string[], derive: DeriveToken): Promise<ReadonlyMap<string, NamedUser>> {
  const digests = new Map(names.map((name) => [digestOfName(derive, 'external', name), name]));
  const rows = await db
    .selectFrom('users')
    .select(['id', 'is_active', lacksSecondFactor.as('lacks2fa'), sql<string>`external_id`.as('name')])
    .where('external_id', 'in', names)
    .unionAll(erasedNames(db, digests))
    .execute();
  return namedUsers(rows, digests);
}

/** In the same statement, so that an unknown name costs no more than a known one. */
function erasedNames(db: Db, digests: ReadonlyMap<string, string>) {
  return db
    .selectFrom('erased_names')
    .select([sql<string>`NULL::bigint`.as('id'), sql<boolean>`false`.as('is_active'), sql<boolean>`false`.as('lacks2fa'), 'digest as name'])
    .where('digest', 'in', [...digests.keys()]);
}

interface NamedRow {
  /** Null for an erased user, whose `name` is a digest. */
  readonly id: string | null;
  readonly is_active: boolean;
  readonly lacks2fa: boolean;
  readonly name: string;
}

/** A user takes precedence over an erased one of the same name. */
function namedUsers(rows: readonly NamedRow[], digests: ReadonlyMap<string, string>): Map<string, NamedUser> {
  const found = new Map<string, NamedUser>();
  for (const { id, name } of rows) if (id === null) found.set(digests.get(name)!, erased);
  for (const { id, is_active, lacks2fa, name } of rows) if (id !== null) found.set(name, { id, isActive: is_active, lacks2fa });
  return found;
}

/**
 * Finds users by an address that they verified some time ago. An address that was only just added
 * to an account does not give access yet.
 */
async function readUsersByEmail(db: Db, names: readonly string[], derive: DeriveToken): Promise<ReadonlyMap<string, NamedUser>> {
  const digests = new Map(names.map((name) => [digestOfName(derive, 'email', name), name.toLowerCase()]));
  const email = sql<string>`lower(user_emails.email)`;
  const rows = await db
    .selectFrom('user_emails')
    .innerJoin('users', 'users.id', 'user_emails.user_id')
    .select(['users.id', 'users.is_active', lacksSecondFactor.as('lacks2fa'), email.as('name')])
    .where(isTrustedAddress)
    .where(
      email,
      'in',
      names.map((name) => name.toLowerCase()),
    )
    .unionAll(erasedNames(db, digests))
    .execute();
  const byEmail = namedUsers(rows, digests);
  return new Map(
    names.flatMap((name) => {
      const user = byEmail.get(name.toLowerCase());
      return user ? [[name, user] as const] : [];
    }),
  );
}
