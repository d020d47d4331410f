import { sql } from 'kysely';
import { domainOfAddress } from '../../runtime/text/domain-name.ts';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';
import { placeholderDomain } from './placeholder-address.ts';

/**
 * Primary addresses that an identity provider has asserted, and that no one has proved. The person
 * who proves such an address gets it (REST contract 13.8).
 */

const isUnverified = sql<boolean>`EXISTS (
  SELECT FROM user_emails WHERE user_emails.user_id = users.id AND lower(user_emails.email) = lower(users.email) AND NOT user_emails.is_verified)`;

/**
 * Whether the user's primary address belongs to the first person who proves it. A user with a
 * password has proved it.
 */
export const isUnproven = sql<boolean>`(
  users.password_hash IS NULL AND ${isUnverified} AND right(lower(users.email), ${sql.lit(placeholderDomain.length)}) <> ${sql.lit(placeholderDomain)})`;

/**
 * Whether all organizations of a user have verified the domain, and there is at least one. An
 * address in it is then that of a person whom each of them knows.
 */
export function isDomainOfAll(domain: string) {
  return sql<boolean>`coalesce((
    SELECT bool_and(EXISTS (
      SELECT FROM verified_domains JOIN organizations ON organizations.id = verified_domains.organization_id
      WHERE organizations.id = members.organization_id AND organizations.status = 'active'
        AND verified_domains.domain = ${domain} AND verified_domains.status = 'verified'))
    FROM members WHERE members.user_id = users.id), false)`;
}

/**
 * The users to whose primary address mails may be sent: it is verified, or in a verified domain of
 * each of their organizations. An identity provider can assert the address of any stranger.
 */
export async function readReachableUsers(db: Db, userIds: readonly string[]): Promise<ReadonlySet<string>> {
  if (userIds.length === 0) return new Set();
  const unverified = await db
    .selectFrom('users')
    .select(['id', 'email'])
    .where('id', '=', anyOf('bigint', userIds))
    .where(isUnverified)
    .execute();
  const unreachable = new Set(unverified.map(({ id }) => id));
  for (const { id, email } of unverified) {
    const domain = domainOfAddress(email);
    if (domain === null) continue;
    const found = await db.selectFrom('users').select('id').where('id', '=', id).where(isDomainOfAll(domain)).executeTakeFirst();
    if (found) unreachable.delete(id);
  }
  return new Set(userIds.filter((id) => !unreachable.has(id)));
}
