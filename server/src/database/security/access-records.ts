import type { IpAllowListRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';
import { type KindedRecord, readOrganizations } from '../records/records-read.ts';
import { authProviderColumns, authProviderFromRow, ipAllowListFromRow } from './security-records.ts';

/**
 * The records on which the access of every caller depends, by organization id: the organization,
 * its identity provider and its list of addresses. Organizations that do not exist are absent. The
 * lists contain only the rules with the caller's address: a user may belong to a thousand
 * organizations, and compiling 200 rules of each would block the process for a second.
 */
export async function readAccessRecords(
  db: Db,
  orgIds: readonly string[],
  address: string | null,
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
  // PostgreSQL has no zone ids, and no rule contains one.
  const [plain = null] = address?.split('%') ?? [];
  const rules = sql`SELECT jsonb_agg(rule) FROM jsonb_array_elements(list -> 'rules') AS rule
    WHERE (rule ->> 'cidr')::inet >>= ${plain}::inet`;
  const rows = await db
    .selectFrom('ip_allow_lists')
    .select(['organization_id', sql<Omit<IpAllowListRecord, 'id'>>`jsonb_set(list, '{rules}', coalesce((${rules}), '[]'))`.as('list')])
    .where('organization_id', '=', anyOf('bigint', ids))
    .execute();
  for (const row of rows) found.get(row.organization_id)!.push({ kind: 'ip-allow-list', record: ipAllowListFromRow(row) });
  return found;
}
