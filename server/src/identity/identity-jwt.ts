import { isId } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { isTrustedAddress } from '../database/identity/user-emails.ts';
import { type Identity, refuseDisabled } from './identity.ts';
import type { TrustedIssuer, UserRule } from './trusted-issuer.ts';

/** Tokens of a trusted issuer: they stand for a user that there is here, with all that the user's roles give. */

export interface NamedUser {
  readonly id: string;
  readonly isActive: boolean;
}

/** Users by how tokens name them; those that there are not are absent. */
export type ReadNamedUsers = (names: readonly string[]) => Promise<ReadonlyMap<string, NamedUser>>;

/** @param readUsers straight from the database, or together with others who ask at about the same time */
export function openJwtIdentity(issuer: TrustedIssuer, readUsers: ReadNamedUsers): Identity {
  return {
    async authenticate(token) {
      const { userName, id, expiresAt } = await issuer.verify(token);
      const user = (await readUsers([userName])).get(userName);
      if (!user?.isActive) throw refuseDisabled();
      return {
        actor: { kind: 'user', userId: user.id, tokenScopes: null, boundOrgId: null },
        credentialId: id,
        expiresAt,
        session: null,
      };
    },
  };
}

export function readNamedUsers(db: Db, { by }: UserRule, names: readonly string[]): Promise<ReadonlyMap<string, NamedUser>> {
  return by === 'id' ? readUsersById(db, names) : readUsersByEmail(db, names);
}

async function readUsersById(db: Db, names: readonly string[]): Promise<ReadonlyMap<string, NamedUser>> {
  const ids = names.filter(isId);
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('users').select(['id', 'is_active']).where('id', 'in', ids).execute();
  return new Map(rows.map(({ id, is_active }) => [id, { id, isActive: is_active }]));
}

/** By an address that they have verified, and not just now: an address that was added to their account is no way in at once. */
async function readUsersByEmail(db: Db, names: readonly string[]): Promise<ReadonlyMap<string, NamedUser>> {
  const email = sql<string>`lower(user_emails.email)`;
  const rows = await db
    .selectFrom('user_emails')
    .innerJoin('users', 'users.id', 'user_emails.user_id')
    .select(['users.id', 'users.is_active', email.as('email')])
    .where(isTrustedAddress)
    .where(
      email,
      'in',
      names.map((name) => name.toLowerCase()),
    )
    .execute();
  const byEmail = new Map(rows.map((row) => [row.email, { id: row.id, isActive: row.is_active }]));
  return new Map(
    names.flatMap((name) => {
      const user = byEmail.get(name.toLowerCase());
      return user ? [[name, user] as const] : [];
    }),
  );
}
