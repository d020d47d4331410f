import { sql } from 'kysely';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { prepared } from '../../../database/prepared.ts';

/** The data of an account that an organization's records of its user do not contain. */
export interface UserDetails {
  readonly dateJoined: string;
  readonly hasPassword: boolean;
  /** Only the operator sees it. */
  readonly externalId: string | null;
}

export async function readUserDetails(db: Db, userIds: readonly string[]): Promise<ReadonlyMap<string, UserDetails>> {
  if (userIds.length === 0) return new Map();
  const rows = await db.selectFrom('users').select('id').select(userColumns).where('id', '=', anyOf('bigint', userIds)).execute();
  return new Map(rows.map((row) => [row.id, detailsOf(row)]));
}

const hasPassword = sql<boolean>`password_hash is not null`.as('has_password');
const userColumns = ['users.date_joined', 'users.external_id', hasPassword] as const;

interface UserRow {
  readonly date_joined: string;
  readonly external_id: string | null;
  readonly has_password: boolean;
}

function detailsOf(row: UserRow): UserDetails {
  return { dateJoined: row.date_joined, hasPassword: row.has_password, externalId: row.external_id };
}

/** An app, a passkey or recovery codes, without the secret. */
export interface AuthenticatorDetails {
  readonly id: string;
  readonly type: string;
  readonly dateCreated: string;
}

export interface UserWithAuthenticators {
  /** Null if there is no such user. */
  readonly details: UserDetails | null;
  readonly authenticators: readonly AuthenticatorDetails[];
}

export async function readUserWithAuthenticators(db: Db, userId: string): Promise<UserWithAuthenticators> {
  const rows = await selectUserWithAuthenticators(db, userId);
  return {
    details: rows[0] ? detailsOf(rows[0]) : null,
    authenticators: rows.flatMap(({ authenticator_id: id, type, date_created: dateCreated }) =>
      id === null ? [] : [{ id, type: type!, dateCreated: dateCreated! }],
    ),
  };
}

const selectUserWithAuthenticators = prepared((db, userId: string) =>
  db
    .selectFrom('users')
    .leftJoin('authenticators', 'authenticators.user_id', 'users.id')
    .leftJoin('passkeys', 'passkeys.authenticator_id', 'authenticators.id')
    .select(userColumns)
    .select((eb) => [
      eb.fn.coalesce('passkeys.id', 'authenticators.id').as('authenticator_id'),
      eb.fn.coalesce('passkeys.date_created', 'authenticators.date_created').as('date_created'),
    ])
    .select('authenticators.type')
    .where('users.id', '=', userId)
    .orderBy('authenticator_id')
    .compile(),
);

export interface OwnAuthenticator extends AuthenticatorDetails {
  /** The name of a passkey, which its user chose. Null for any other type. */
  readonly passkeyName: string | null;
  /** The last login with a passkey. Null for any other type. */
  readonly dateUsed: string | null;
  /** The recovery codes that were not used yet. Null for any other type. */
  readonly codesLeft: number | null;
}

/** Each passkey is an entry. */
export async function readAuthenticators(db: Db, userId: string): Promise<OwnAuthenticator[]> {
  const rows = await db
    .selectFrom('authenticators')
    .leftJoin('passkeys', 'passkeys.authenticator_id', 'authenticators.id')
    .select(['type', 'passkeys.name as passkeyName', 'passkeys.date_last_used as dateUsed'])
    .select((eb) => [
      eb.fn.coalesce('passkeys.id', 'authenticators.id').as('id'),
      eb.fn.coalesce('passkeys.date_created', 'authenticators.date_created').as('dateCreated'),
    ])
    .select(sql<number | null>`CASE WHEN type = 'recovery' THEN jsonb_array_length(secret::jsonb) END`.as('codesLeft'))
    .where('user_id', '=', userId)
    .orderBy('id')
    .execute();
  return rows;
}
