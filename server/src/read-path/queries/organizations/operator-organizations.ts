import { isId, type OrganizationRecord, orgStatuses } from '@rollcall/protocol';
import { type ExpressionBuilder, sql } from 'kysely';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { readOrganizations } from '../../../database/records/records-read.ts';
import type { Schema } from '../../../database/schema.ts';
import { conditionOf, inLowerCase, matchesNothing, nameOrSlugContains, type SearchConditions } from '../search-conditions.ts';
import type { SearchTerms } from '../search-terms.ts';

/** An organization as the operator sees it. */
export interface OperatorOrganization {
  readonly organization: OrganizationRecord;
  readonly externalId: string | null;
}

/** In the order of the ids. Unknown ids are absent. */
export async function readOperatorOrganizations(db: Db, ids: readonly string[]): Promise<OperatorOrganization[]> {
  const records = new Map((await readOrganizations(db, ids)).map((organization) => [organization.id, organization]));
  const rows = await db.selectFrom('organizations').select(['id', 'external_id']).where('id', '=', anyOf('bigint', ids)).execute();
  const externalIds = new Map(rows.map((row) => [row.id, row.external_id]));
  return ids.flatMap((id) => {
    const organization = records.get(id);
    return organization ? [{ organization, externalId: externalIds.get(id) ?? null }] : [];
  });
}

export async function findOrganizationByExternalId(db: Db, externalId: string): Promise<{ id: string; slug: string } | null> {
  const row = await db.selectFrom('organizations').select(['id', 'slug']).where('external_id', '=', externalId).executeTakeFirst();
  return row ?? null;
}

const conditions: SearchConditions<[eb: ExpressionBuilder<Schema, 'organizations'>, values: readonly string[]]> = {
  id: (eb, values) => eb('id', '=', anyOf('bigint', values.filter(isId))),
  slug: (eb, values) => eb(sql<string>`lower(slug)`, 'in', inLowerCase(values)),
  status: (eb, values) =>
    values.every((value) => (orgStatuses as readonly string[]).includes(value)) ? eb('status', 'in', [...values]) : matchesNothing,
  externalId: (eb, values) => eb('external_id', 'in', [...values]),
};

export const organizationSearchKeys = Object.keys(conditions);

/** Lists all organizations by id, from `offset` on. An unknown key matches nothing. */
export async function listAllOrganizations(
  db: Db,
  { text, filters }: SearchTerms,
  limit: number,
  offset: number,
): Promise<OperatorOrganization[]> {
  const rows = await db
    .selectFrom('organizations')
    .select('id')
    .where((eb) => eb.and([...filters].map(([key, values]) => conditionOf(conditions, key, eb, values))))
    .where((eb) => (text === '' ? eb.lit(true) : nameOrSlugContains('organizations', text)))
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute();
  return readOperatorOrganizations(
    db,
    rows.map(({ id }) => id),
  );
}
