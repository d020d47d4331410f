import { isId } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { lacksSecondFactor } from '../database/identity/second-factor.ts';
import { isTrustedAddress } from '../database/identity/user-emails.ts';
import type { Identity } from './identity.ts';
import type { TrustedIssuer, UserRule } from './trusted-issuer.ts';

/**
 * Tokens of a trusted issuer. They authenticate an existing user, with all rights of the user's
 * roles.
 */

export interface NamedUser {
  readonly id: string;
  readonly isActive: boolean;
  readonly lacks2fa: boolean;
}

/** Users by their names in tokens. Unknown users are absent. */
export type ReadNamedUsers = (names: readonly string[]) => Promise<ReadonlyMap<string, NamedUser>>;

/** @param readUsers reads directly from the database, or batches the reads of concurrent callers */
export function openJwtIdentity(issuer: TrustedIssuer, readUsers: ReadNamedUsers): Identity {
  return {
    async authenticate(token) {
      const { userName, id, expiresAt } = await issuer.verify(token);
      const user = (await readUsers([userName])).get(userName);
      if (!user?.isActive) throw issuer.refuseUser();
      return {
        actor: {
          kind: 'user',
          userId: user.id,
          tokenScopes: null,
          boundOrgIds: null,
          bindings: null,
          secondFactor: { isMissing: user.lacks2fa },
        },
        credentialId: id,
        expiresAt,
        session: null,
      };
    },
  };
}

export function readNamedUsers(db: Db, { by }: UserRule, names: readonly string[]): Promise<ReadonlyMap<string, NamedUser>> {
  const readers = { id: readUsersById, email: readUsersByEmail, external: readUsersByExternalId };
  return readers[by](db, names);
}

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

async function readUsersByExternalId(db: Db, names: readonly string[]): Promise<ReadonlyMap<string, NamedUser>> {
  const rows = await db
    .selectFrom('users')
    .select(['id', 'is_active', 'external_id', lacksSecondFactor.as('lacks2fa')])
    .where('external_id', 'in', names)
    .execute();
  return new Map(rows.map(({ id, is_active, external_id, lacks2fa }) => [external_id!, { id, isActive: is_active, lacks2fa }]));
}

/**
 * Finds users by an address that they verified some time ago. An address that was only just added
 * to an account does not give access yet.
 */
async function readUsersByEmail(db: Db, names: readonly string[]): Promise<ReadonlyMap<string, NamedUser>> {
  const email = sql<string>`lower(user_emails.email)`;
  const rows = await db
    .selectFrom('user_emails')
    .innerJoin('users', 'users.id', 'user_emails.user_id')
    .select(['users.id', 'users.is_active', email.as('email'), lacksSecondFactor.as('lacks2fa')])
    .where(isTrustedAddress)
    .where(
      email,
      'in',
      names.map((name) => name.toLowerCase()),
    )
    .execute();
  const byEmail = new Map(rows.map((row) => [row.email, { id: row.id, isActive: row.is_active, lacks2fa: row.lacks2fa }]));
  return new Map(
    names.flatMap((name) => {
      const user = byEmail.get(name.toLowerCase());
      return user ? [[name, user] as const] : [];
    }),
  );
}
