import { sql } from 'kysely';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { placeholderDomain } from '../../../database/identity/placeholder-address.ts';

/**
 * The addresses that an organization's identity provider has asserted for members without an
 * address of their own. The provider knows these members by them, and no other organization does.
 */

const hasPlaceholder = sql<boolean>`right(lower(users.email), ${sql.lit(placeholderDomain.length)}) = ${sql.lit(placeholderDomain)}`;

function selectAsserted(db: Db, orgId: string) {
  return db
    .selectFrom('sso_identities')
    .innerJoin('users', 'users.id', 'sso_identities.user_id')
    .select(['sso_identities.member_id as memberId', 'sso_identities.email as email'])
    .where('sso_identities.organization_id', '=', orgId)
    .where('sso_identities.member_id', 'is not', null)
    .where('sso_identities.email', 'is not', null)
    .where(hasPlaceholder);
}

/**
 * The asserted addresses by the ids of members. Members with an address of their own are absent.
 */
export async function readAssertedAddresses(db: Db, orgId: string, memberIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (memberIds.length === 0) return new Map();
  const rows = await selectAsserted(db, orgId).where('sso_identities.member_id', '=', anyOf('bigint', memberIds)).execute();
  return new Map(rows.map(({ memberId, email }) => [memberId!, email!]));
}

export interface AssertedAddress {
  readonly memberId: string;
  /** In lower case. */
  readonly email: string;
}

/**
 * The members for whom one of these addresses was asserted.
 * @param emails in lower case
 */
export async function readMembersByAsserted(db: Db, orgId: string, emails: readonly string[]): Promise<readonly AssertedAddress[]> {
  if (emails.length === 0) return [];
  const rows = await selectAsserted(db, orgId).where(sql<string>`lower(sso_identities.email)`, '=', anyOf('text', emails)).execute();
  return rows.map(({ memberId, email }) => ({ memberId: memberId!, email: email!.toLowerCase() }));
}
