import { type RawBuilder, type Selectable, sql } from 'kysely';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';
import { type KindedRecord, readOrganizations } from '../records/records-read.ts';
import type { Schema } from '../schema.ts';
import { authProviderColumns, authProviderFromRow, ipAllowListFromRow } from './security-records.ts';

/**
 * The records on which the access of every caller depends: the organization, its identity provider
 * and its list of addresses.
 */

/** Empty when the organization does not exist. */
export async function readAccessRecords(db: Db, orgId: string): Promise<readonly KindedRecord[]> {
  return (await readRecords(db, [orgId], sql`list`)).get(orgId) ?? [];
}

/**
 * The records by organization id, for a caller with an address. Organizations that do not exist are
 * absent. The lists contain only the rules with the address: a user may belong to a thousand
 * organizations, and compiling 200 rules of each would block the process for a second.
 */
export function readAccessRecordsFor(
  db: Db,
  orgIds: readonly string[],
  address: string | null,
): Promise<ReadonlyMap<string, readonly KindedRecord[]>> {
  // PostgreSQL has no zone ids, and no rule contains one.
  const [plain = null] = address?.split('%') ?? [];
  const rules = sql`SELECT jsonb_agg(rule) FROM jsonb_array_elements(list -> 'rules') AS rule
    WHERE (rule ->> 'cidr')::inet >>= ${plain}::inet`;
  return readRecords(db, orgIds, sql`jsonb_set(list, '{rules}', coalesce((${rules}), '[]'))`);
}

async function readRecords(
  db: Db,
  orgIds: readonly string[],
  list: RawBuilder<Selectable<Schema['ip_allow_lists']>['list']>,
): Promise<ReadonlyMap<string, readonly KindedRecord[]>> {
  const organizations = await readOrganizations(db, orgIds);
  const found = new Map<string, KindedRecord[]>(organizations.map((record) => [record.id, [{ kind: 'organization', record }]]));
  const ids = [...found.keys()];
  if (ids.length === 0) return found;
  const providers = await db
    .selectFrom('auth_providers')
    .select([...authProviderColumns, 'organization_id'])
    .where('organization_id', '=', anyOf('bigint', ids))
    .execute();
  for (const row of providers) found.get(row.organization_id)!.push({ kind: 'auth-provider', record: authProviderFromRow(row) });
  const rows = await db
    .selectFrom('ip_allow_lists')
    .select(['organization_id', list.as('list')])
    .where('organization_id', '=', anyOf('bigint', ids))
    .execute();
  for (const row of rows) found.get(row.organization_id)!.push({ kind: 'ip-allow-list', record: ipAllowListFromRow(row) });
  return found;
}
