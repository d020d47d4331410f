import { isId, type MemberRecord, orgRoleIds, orgRoles, type Scope } from '@rollcall/protocol';
import { type Expression, type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { detachedUserId, readMembers } from '../../../database/records/records-read.ts';
import type { Schema } from '../../../database/schema.ts';
import { conditionOf, inLowerCase, type SearchConditions } from '../search-conditions.ts';
import type { SearchTerms } from '../search-terms.ts';

type Eb = ExpressionBuilder<Schema, 'members'>;

const userField = (field: 'id' | 'email' | 'name' | 'isActive' | 'has2fa') => sql<string>`user_copy ->> ${sql.lit(field)}`;

const isTrue = (values: readonly string[]) => values.includes('true');

/**
 * The condition of each search key (REST contract 6.2). An id that is not a number matches nothing.
 */
const conditions: SearchConditions<[eb: Eb, values: readonly string[]]> = {
  email: (eb, values) => {
    const wanted = inLowerCase(values);
    const secondary = eb
      .selectFrom('user_emails')
      .select('user_emails.id')
      .whereRef('user_emails.user_id', '=', 'members.user_id')
      .where(sql<string>`lower(user_emails.email)`, 'in', wanted);
    return eb.or([eb('email', 'in', [...values]), eb(sql<string>`lower(${userField('email')})`, 'in', wanted), eb.exists(secondary)]);
  },
  id: (eb, values) => eb('id', '=', anyOf('bigint', values.filter(isId))),
  'user.id': (eb, values) => eb('user_id', '=', anyOf('bigint', values.filter(isId))),
  role: (eb, values) => eb('role', 'in', [...values]),
  scope: (eb, values) => eb('role', 'in', rolesWithAnyScope(values)),
  isInvited: (eb, values) => eb('user_id', isTrue(values) ? 'is' : 'is not', null),
  ssoLinked: (_eb, values) => sql<SqlBool>`(flags ->> 'sso:linked')::boolean = ${isTrue(values)}`,
  // An invite has no user, so it neither has nor lacks a second factor.
  has2fa: (_eb, values) => sql<SqlBool>`(${userField('has2fa')})::boolean = ${isTrue(values)}`,
  hasExternalUsers: (eb, values) => {
    const mapped = eb.exists(
      eb
        .selectFrom('external_users')
        .select('external_users.id')
        .whereRef('external_users.organization_id', '=', 'members.organization_id')
        .whereRef('external_users.member_id', '=', 'members.id'),
    );
    return isTrue(values) ? mapped : eb.not(mapped);
  },
};

/** Members of the organization must not find out external ids by searching for them. */
const operatorConditions: typeof conditions = {
  ...conditions,
  externalId: (eb, values) => {
    const users = eb
      .selectFrom('users')
      .select('users.id')
      .where('external_id', 'in', [...values]);
    return eb.or([eb('user_id', 'in', users), eb.and([eb('user_id', 'is', null), eb(detachedUserId, 'in', users)])]);
  },
};

export const operatorMemberKeys = Object.keys(operatorConditions);

function rolesWithAnyScope(scopes: readonly string[]): string[] {
  const roles: string[] = orgRoleIds.filter((role) => scopes.some((scope) => orgRoles[role].scopes.includes(scope as Scope)));
  return roles.length > 0 ? roles : [''];
}

/**
 * Lists members and invites by id, without requests. Only the operator gets deactivated users. An
 * unknown key matches nothing. So does an address when addresses are hidden from the caller,
 * because a caller that can search for parts of an address can reconstruct it.
 */
export async function listMembers(
  db: Db,
  orgId: string,
  search: SearchTerms & { readonly hidesAddresses: boolean; readonly isByOperator?: true },
  limit: number,
  offset: number,
): Promise<MemberRecord[]> {
  if (search.hidesAddresses && search.filters.has('email')) return [];
  const keys = search.isByOperator ? operatorConditions : conditions;
  const rows = await db
    .selectFrom('members')
    .select('id')
    .where('organization_id', '=', orgId)
    .where('invite_status', '=', 'approved')
    .where((eb) =>
      search.isByOperator ? eb.lit(true) : eb.or([eb('user_id', 'is', null), sql<SqlBool>`(${userField('isActive')})::boolean`]),
    )
    .where((eb) => eb.and([...search.filters].map(([key, values]) => conditionOf(keys, key, eb, values))))
    .where((eb) => (search.text === '' ? eb.lit(true) : matchesText(eb, search)))
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.length === 0 ? [] : readMembers(db, orgId, { ids: rows.map(({ id }) => id) });
}

/** Uses `strpos` instead of LIKE, in which `%` and `_` have a meaning. */
function matchesText(eb: Eb, { text, hidesAddresses }: { readonly text: string; readonly hidesAddresses: boolean }): Expression<SqlBool> {
  const contains = (field: RawBuilder<string>) => sql<SqlBool>`strpos(lower(${field}), lower(${text}::text)) > 0`;
  const name = userField('name');
  if (hidesAddresses) return sql<SqlBool>`strpos(${name}, '@') = 0 AND ${contains(name)}`;
  return eb.or([sql<string>`email`, userField('email'), name].map(contains));
}
