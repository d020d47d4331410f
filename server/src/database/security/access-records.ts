import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';
import { type KindedRecord, readOrganizations } from '../records/records-read.ts';
import { authProviderColumns, authProviderFromRow, ipAllowListColumns, ipAllowListFromRow } from './security-records.ts';

/**
 * The records on which the access of every caller depends: the organization, its identity provider
 * and its list of addresses.
 */

/** Empty when the organization does not exist. */
export async function readAccessRecords(db: Db, orgId: string): Promise<readonly KindedRecord[]> {
  return (await readAccessRecordsOf(db, [orgId])).get(orgId) ?? [];
}

/** The records by organization id. Organizations that do not exist are absent. */
export async function readAccessRecordsOf(db: Db, orgIds: readonly string[]): Promise<ReadonlyMap<string, readonly KindedRecord[]>> {
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
  const lists = await db
    .selectFrom('ip_allow_lists')
    .select(ipAllowListColumns)
    .where('organization_id', '=', anyOf('bigint', ids))
    .execute();
  for (const row of lists) found.get(row.organization_id)!.push({ kind: 'ip-allow-list', record: ipAllowListFromRow(row) });
  return found;
}
