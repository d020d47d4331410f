import { isId } from '@rollcall/protocol';
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { readExternalIds } from '../../../database/members/scim-external-ids.ts';
import { readMembers } from '../../../database/records/records-read.ts';
import type { Schema } from '../../../database/schema.ts';
import { readVerifiedDomains } from '../../../database/security/security-records.ts';
import { findVerifiedDomain } from '../../../domain/organizations/verified-domains.ts';
import { domainOfAddress } from '../../../runtime/text/domain-name.ts';
import { type AssertedAddress, readAssertedAddresses, readMembersByAsserted } from '../database/asserted-addresses.ts';
import type { ScimUser } from '../domain/users.ts';
import { markedIfSeveral, type ScimPage, type ScimTerm, type ScimWindow } from './scim-page.ts';

/** A member's address is the user's, and an invite has its own. */
const address = sql<string | null>`coalesce(user_copy ->> 'email', email)`;

/** Members and invites by address, without requests and deactivated users (REST contract 12.1). */
export async function listScimUsers(
  db: Db,
  orgId: string,
  terms: readonly ScimTerm[],
  { limit, offset }: ScimWindow,
): Promise<ScimPage<ScimUser>> {
  const named = await readNamed(db, orgId, terms);
  const matching = db
    .selectFrom('members')
    .where('organization_id', '=', orgId)
    .where('invite_status', '=', 'approved')
    .where((eb) => eb.or([eb('user_id', 'is', null), sql<SqlBool>`(user_copy ->> 'isActive')::boolean`]))
    .where((eb) => markedIfSeveral(terms, eb.and(terms.map((term) => conditionOf(eb, term, named)))));
  const [{ total }, rows] = await Promise.all([
    matching.select(sql<number>`count(*)::integer`.as('total')).executeTakeFirstOrThrow(),
    limit === 0
      ? []
      : matching
          .select('id')
          .orderBy(address, (order) => order.asc().nullsLast())
          .orderBy('id')
          .limit(limit)
          .offset(offset)
          .execute(),
  ]);
  const ids = rows.map(({ id }) => id);
  return { total, items: await readScimUsers(db, orgId, ids) };
}

/** In the order of the ids. Unknown ids, requests and deactivated users are absent. */
export async function readScimUsers(db: Db, orgId: string, ids: readonly string[]): Promise<ScimUser[]> {
  const known = ids.filter(isId);
  if (known.length === 0) return [];
  const [members, externalIds, asserted] = await Promise.all([
    readMembers(db, orgId, { ids: known }),
    readExternalIds(db, 'members', orgId, known),
    readAssertedAddresses(db, orgId, known),
  ]);
  const byId = new Map(members.map((member) => [member.id, member]));
  return known.flatMap((id) => {
    const member = byId.get(id);
    if (member?.inviteStatus !== 'approved' || member.user?.isActive === false) return [];
    return [{ member, externalId: externalIds.get(id) ?? null, assertedEmail: asserted.get(id) ?? null }];
  });
}

interface NamedUser {
  readonly id: string;
  /** In lower case. */
  readonly email: string;
}

interface Named {
  readonly users: readonly NamedUser[];
  readonly asserted: readonly AssertedAddress[];
}

/**
 * The users and members whose address a filter names. With their ids, the filter reads indexes
 * only: an identity provider sends one such filter per person.
 */
async function readNamed(db: Db, orgId: string, terms: readonly ScimTerm[]): Promise<Named> {
  const emails = terms.filter(({ attribute }) => attribute === 'userName').map(({ value }) => String(value).toLowerCase());
  if (emails.length === 0) return { users: [], asserted: [] };
  const domains = await readVerifiedDomains(db, orgId);
  const isInDomain = (email: string) => findVerifiedDomain(domains, domainOfAddress(email)) !== null;
  const [users, asserted] = await Promise.all([
    readNamedUsers(db, emails, emails.filter(isInDomain)),
    readMembersByAsserted(db, orgId, emails),
  ]);
  return { users, asserted };
}

/**
 * @param emails addresses of users
 * @param domainEmails those in verified domains of the organization, which are also compared with
 * other addresses that a user has verified. The provider must not find out another one
 */
async function readNamedUsers(db: Db, emails: readonly string[], domainEmails: readonly string[]): Promise<readonly NamedUser[]> {
  const email = sql<string>`lower(email)`;
  return db
    .selectFrom('users')
    .select(['id', email.as('email')])
    .where(email, '=', anyOf('text', emails))
    .union(
      db
        .selectFrom('user_emails')
        .select(['user_id as id', email.as('email')])
        .where(email, '=', anyOf('text', domainEmails))
        .where('is_verified', '=', true),
    )
    .execute();
}

function conditionOf(
  eb: ExpressionBuilder<Schema, 'members'>,
  { attribute, value }: ScimTerm,
  { users, asserted }: Named,
): Expression<SqlBool> {
  if (attribute === 'active') return eb.lit(value === true);
  const text = String(value);
  if (attribute === 'userName') {
    const email = text.toLowerCase();
    const ids = users.filter((user) => user.email === email).map(({ id }) => id);
    const memberIds = asserted.filter((one) => one.email === email).map(({ memberId }) => memberId);
    return eb.or([
      sql<SqlBool>`lower(email) = ${email}`,
      eb('user_id', '=', anyOf('bigint', ids)),
      eb('id', '=', anyOf('bigint', memberIds)),
    ]);
  }
  if (attribute === 'externalId') return eb('scim_external_id', '=', text);
  return isId(text) ? eb('id', '=', text) : eb.lit(false);
}
