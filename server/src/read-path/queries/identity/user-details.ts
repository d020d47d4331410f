import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';

/** The data of an account that an organization's records of its user do not contain. */
export interface UserDetails {
  readonly dateJoined: string;
  readonly hasPassword: boolean;
  /** Only the operator sees it. */
  readonly externalId: string | null;
}

export async function readUserDetails(db: Db, userIds: readonly string[]): Promise<ReadonlyMap<string, UserDetails>> {
  if (userIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('users')
    .select(['id', 'date_joined', 'external_id', (eb) => eb('password_hash', 'is not', null).as('has_password')])
    .where('id', '=', anyOf('bigint', userIds))
    .execute();
  return new Map(
    rows.map((row) => [row.id, { dateJoined: row.date_joined, hasPassword: row.has_password as boolean, externalId: row.external_id }]),
  );
}

/** A second factor or recovery codes, without the secret. */
export interface AuthenticatorDetails {
  readonly id: string;
  readonly type: string;
  readonly dateCreated: string;
}

export async function readAuthenticators(db: Db, userId: string): Promise<AuthenticatorDetails[]> {
  const rows = await db
    .selectFrom('authenticators')
    .select(['id', 'type', 'date_created'])
    .where('user_id', '=', userId)
    .orderBy('id')
    .execute();
  return rows.map(({ date_created, ...row }) => ({ ...row, dateCreated: date_created }));
}
