import { isId, type MemberUser } from '@rollcall/protocol';
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { isUnproven } from '../../../database/identity/unproven-addresses.ts';
import { readMemberUsers } from '../../../database/identity/users-read.ts';
import type { Schema } from '../../../database/schema.ts';
import { conditionOf, inLowerCase, type SearchConditions } from '../search-conditions.ts';
import type { SearchTerms } from '../search-terms.ts';

/**
 * The user with this id, in the form in which organizations show users. Null when there is none.
 */
export async function findUser(db: Db, id: string): Promise<MemberUser | null> {
  const [user = null] = isId(id) ? await readMemberUsers(db, [id]) : [];
  return user;
}

export async function findUserByExternalId(db: Db, externalId: string): Promise<MemberUser | null> {
  const row = await db.selectFrom('users').select('id').where('external_id', '=', externalId).executeTakeFirst();
  return row ? findUser(db, row.id) : null;
}

type Eb = ExpressionBuilder<Schema, 'users'>;

/** Case is ignored in addresses, and not in external ids. */
const conditions: SearchConditions<[eb: Eb, values: readonly string[]]> = {
  email: (eb, values) => eb(sql<string>`lower(email)`, 'in', inLowerCase(values)),
  id: (eb, values) => eb('id', '=', anyOf('bigint', values.filter(isId))),
  externalId: (eb, values) => eb('external_id', 'in', [...values]),
  isActive: (eb, values) => eb('is_active', '=', values.includes('true')),
};

export const userSearchKeys = Object.keys(conditions);

/** Lists users by id, from `offset` on. An unknown key matches nothing. */
export async function listUsers(db: Db, { text, filters }: SearchTerms, limit: number, offset: number): Promise<MemberUser[]> {
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where((eb) => eb.and([...filters].map(([key, values]) => conditionOf(conditions, key, eb, values))))
    .where((eb) => (text === '' ? eb.lit(true) : containsText(text)))
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute();
  const ids = rows.map(({ id }) => id);
  const users = await readUsersById(db, ids);
  return ids.flatMap((id) => users.get(id) ?? []);
}

function containsText(text: string): Expression<SqlBool> {
  const wanted = sql`lower(${text}::text)`;
  return sql<SqlBool>`(strpos(lower(name), ${wanted}) > 0 OR strpos(lower(email), ${wanted}) > 0)`;
}

/** The current accounts, by id. */
export async function readUsersById(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, MemberUser>> {
  return new Map((await readMemberUsers(db, ids)).map((user) => [user.id, user]));
}

/**
 * Whether an account has this address, as its primary or as a verified one. Case is ignored. A
 * primary address that no one has proved is free for the person who proves it.
 */
export async function isAddressTaken(db: Db, email: string): Promise<boolean> {
  const address = email.toLowerCase();
  const { rows } = await sql<{ isTaken: boolean }>`
    SELECT EXISTS (SELECT 1 FROM users WHERE lower(email) = ${address} AND NOT ${isUnproven})
      OR EXISTS (SELECT 1 FROM user_emails WHERE is_verified AND lower(email) = ${address}) AS "isTaken"`.execute(db);
  return rows[0]!.isTaken;
}
