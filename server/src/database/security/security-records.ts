import type { AuthProviderRecord, IpAllowListRecord, RetentionRecord, VerifiedDomainRecord } from '@rollcall/protocol';
import type { Selectable } from 'kysely';
import type { Db } from '../database.ts';
import type { Schema } from '../schema.ts';

/** Identity providers, lists of addresses, verified domains and retention as rows and records. */

export const authProviderColumns = ['id', 'provider'] as const;

export function authProviderFromRow({
  id,
  provider,
}: Pick<Selectable<Schema['auth_providers']>, (typeof authProviderColumns)[number]>): AuthProviderRecord {
  return { id, ...provider };
}

export async function readAuthProviders(db: Db, orgId: string): Promise<AuthProviderRecord[]> {
  const rows = await db.selectFrom('auth_providers').select(authProviderColumns).where('organization_id', '=', orgId).execute();
  return rows.map(authProviderFromRow);
}

export const ipAllowListColumns = ['organization_id', 'list'] as const;

export function ipAllowListFromRow({
  organization_id,
  list,
}: Pick<Selectable<Schema['ip_allow_lists']>, (typeof ipAllowListColumns)[number]>): IpAllowListRecord {
  return { id: organization_id, ...list };
}

export async function readIpAllowLists(db: Db, orgId: string): Promise<IpAllowListRecord[]> {
  const rows = await db.selectFrom('ip_allow_lists').select(ipAllowListColumns).where('organization_id', '=', orgId).execute();
  return rows.map(ipAllowListFromRow);
}

export const verifiedDomainColumns = ['id', 'domain', 'role', 'status', 'date_verified', 'date_created'] as const;

export function verifiedDomainFromRow(
  row: Pick<Selectable<Schema['verified_domains']>, (typeof verifiedDomainColumns)[number]>,
): VerifiedDomainRecord {
  return {
    id: row.id,
    domain: row.domain,
    role: row.role as VerifiedDomainRecord['role'],
    status: row.status as VerifiedDomainRecord['status'],
    dateVerified: row.date_verified,
    dateCreated: row.date_created,
  };
}

export async function readVerifiedDomains(db: Db, orgId: string): Promise<VerifiedDomainRecord[]> {
  const rows = await db
    .selectFrom('verified_domains')
    .select(verifiedDomainColumns)
    .where('organization_id', '=', orgId)
    .orderBy('id')
    .execute();
  return rows.map(verifiedDomainFromRow);
}

export const retentionColumns = ['organization_id', 'retention'] as const;

export function retentionFromRow({
  organization_id,
  retention,
}: Pick<Selectable<Schema['retentions']>, (typeof retentionColumns)[number]>): RetentionRecord {
  return { id: organization_id, ...retention };
}

export async function readRetentions(db: Db, orgId: string): Promise<RetentionRecord[]> {
  const rows = await db.selectFrom('retentions').select(retentionColumns).where('organization_id', '=', orgId).execute();
  return rows.map(retentionFromRow);
}
