import type { OrgRecord, PagedKind, RecordOfKind } from '@rollcall/protocol';
import { type RawBuilder, sql } from 'kysely';
import { auditColumns, auditEntryFromRow, readLiveAuditEntries } from '../audit/audit-entries.ts';
import type { Db } from '../database.ts';
import { externalIdColumns, externalIdFromRow, readExternalIdRecords } from '../identity/external-id-records.ts';
import {
  externalTeamColumns,
  externalTeamFromRow,
  externalUserColumns,
  externalUserFromRow,
  integrationColumns,
  integrationFromRow,
  readExternalTeams,
  readExternalUsers,
  readIntegrations,
  readWebhooks,
  webhookColumns,
  webhookFromRow,
} from '../outlets/outlet-records.ts';
import { projectKeyColumns, projectKeyFromRow, readProjectKeys } from '../projects/project-keys.ts';
import { projectSettingsColumns, projectSettingsFromRow, readProjectSettings } from '../projects/project-settings.ts';
import type { Schema } from '../schema.ts';
import {
  authProviderColumns,
  authProviderFromRow,
  ipAllowListColumns,
  ipAllowListFromRow,
  readAuthProviders,
  readIpAllowLists,
  readRetentions,
  readVerifiedDomains,
  retentionColumns,
  retentionFromRow,
  verifiedDomainColumns,
  verifiedDomainFromRow,
} from '../security/security-records.ts';
import { accessRequestColumns, accessRequestFromRow, readAccessRequests } from '../teams/access-requests.ts';
import {
  authTokenColumns,
  authTokenFromRow,
  type KindedRecord,
  memberColumns,
  memberFromRow,
  projectColumns,
  projectFromRow,
  projectTeamColumns,
  projectTeamFromRow,
  readAuthTokens,
  readMembers,
  readOrganization,
  readProjects,
  readProjectTeams,
  readTeamMembers,
  readTeams,
  teamColumns,
  teamFromRow,
  teamMemberColumns,
  teamMemberFromRow,
} from './records-read.ts';

interface RecordTable<Kind extends PagedKind> {
  readonly table: keyof Schema;
  readonly columns: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: the row of `columns`, whose type the function has.
  fromRow(row: any): RecordOfKind[Kind];
  readAll(db: Db, orgId: string): Promise<RecordOfKind[Kind][]>;
  /**
   * The columns that define the order of pages. They never change, and they are the parts of the
   * record's id. Default: `id`.
   */
  readonly key?: readonly string[];
  readonly keyType?: 'text';
  /** The maximum number of records in a page, for kinds with long records. */
  readonly pageRecordsMax?: number;
  /** Selects the rows that are records, in a table that also has other rows. */
  readonly condition?: RawBuilder<boolean>;
}

/** The table of each kind. The operator's API lists the kinds in this order. */
export const recordTables: { readonly [Kind in PagedKind]: RecordTable<Kind> } = {
  member: { table: 'members', columns: memberColumns, fromRow: memberFromRow, readAll: readMembers },
  team: { table: 'teams', columns: teamColumns, fromRow: teamFromRow, readAll: readTeams },
  'team-member': {
    table: 'team_members',
    columns: teamMemberColumns,
    fromRow: teamMemberFromRow,
    readAll: readTeamMembers,
    key: ['team_id', 'member_id'],
  },
  project: { table: 'projects', columns: projectColumns, fromRow: projectFromRow, readAll: readProjects },
  'project-team': {
    table: 'project_teams',
    columns: projectTeamColumns,
    fromRow: projectTeamFromRow,
    readAll: readProjectTeams,
    key: ['project_id', 'team_id'],
  },
  'project-key': {
    table: 'project_keys',
    columns: projectKeyColumns,
    fromRow: projectKeyFromRow,
    readAll: readProjectKeys,
    key: ['public_key'],
    keyType: 'text',
  },
  'project-settings': {
    table: 'project_settings',
    columns: projectSettingsColumns,
    fromRow: projectSettingsFromRow,
    readAll: readProjectSettings,
    key: ['project_id'],
    // Most records have about 1 KB, but long lists of rules can take hundreds of KB. This limits
    // the memory of a page.
    pageRecordsMax: 100,
  },
  'auth-token': {
    table: 'auth_tokens',
    columns: authTokenColumns,
    fromRow: authTokenFromRow,
    readAll: readAuthTokens,
    condition: sql<boolean>`user_id is null`,
  },
  'audit-entry': {
    table: 'audit_entries',
    columns: auditColumns,
    fromRow: auditEntryFromRow,
    readAll: readLiveAuditEntries,
    condition: sql<boolean>`is_live`,
  },
  'access-request': {
    table: 'access_requests',
    columns: accessRequestColumns,
    fromRow: accessRequestFromRow,
    readAll: readAccessRequests,
  },
  'auth-provider': {
    table: 'auth_providers',
    columns: authProviderColumns,
    fromRow: authProviderFromRow,
    readAll: readAuthProviders,
  },
  'ip-allow-list': {
    table: 'ip_allow_lists',
    columns: ipAllowListColumns,
    fromRow: ipAllowListFromRow,
    readAll: readIpAllowLists,
    key: ['organization_id'],
  },
  'verified-domain': {
    table: 'verified_domains',
    columns: verifiedDomainColumns,
    fromRow: verifiedDomainFromRow,
    readAll: readVerifiedDomains,
  },
  retention: {
    table: 'retentions',
    columns: retentionColumns,
    fromRow: retentionFromRow,
    readAll: readRetentions,
    key: ['organization_id'],
  },
  webhook: { table: 'webhooks', columns: webhookColumns, fromRow: webhookFromRow, readAll: readWebhooks },
  integration: { table: 'integrations', columns: integrationColumns, fromRow: integrationFromRow, readAll: readIntegrations },
  'external-user': {
    table: 'external_users',
    columns: externalUserColumns,
    fromRow: externalUserFromRow,
    readAll: readExternalUsers,
  },
  'external-team': {
    table: 'external_teams',
    columns: externalTeamColumns,
    fromRow: externalTeamFromRow,
    readAll: readExternalTeams,
  },
  'external-id': {
    table: 'external_ids',
    columns: externalIdColumns,
    fromRow: externalIdFromRow,
    readAll: readExternalIdRecords,
    key: ['subject'],
    keyType: 'text',
  },
};
export const tableKinds = Object.keys(recordTables) as readonly PagedKind[];

/**
 * All records of one organization. Read them in a repeatable-read transaction together with the
 * head.
 */
export async function readAllRecords(db: Db, orgId: string): Promise<KindedRecord[]> {
  const organization = await readOrganization(db, orgId);
  if (!organization) return [];
  const records: KindedRecord[] = [{ kind: 'organization', record: organization }];
  for (const kind of tableKinds) {
    const found: readonly OrgRecord[] = await recordTables[kind].readAll(db, orgId);
    for (const record of found) records.push({ kind, record });
  }
  return records;
}
