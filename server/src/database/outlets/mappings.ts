import { sql } from 'kysely';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';
import {
  externalTeamColumns,
  externalTeamFromRow,
  externalUserColumns,
  externalUserFromRow,
  integrationColumns,
  integrationFromRow,
} from './outlet-records.ts';

/** Reads of single integrations and mappings, by the values that a path or a change contains. */

type Ids = readonly string[];

export async function readIntegration(db: Db, orgId: string, id: string) {
  const row = await db
    .selectFrom('integrations')
    .select(integrationColumns)
    .where('organization_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ? integrationFromRow(row) : null;
}

export async function readExternalUsersOf(db: Db, orgId: string, { memberIds, integrationIds }: { memberIds: Ids; integrationIds: Ids }) {
  if (memberIds.length + integrationIds.length === 0) return [];
  const rows = await db
    .selectFrom('external_users')
    .select(externalUserColumns)
    .where('organization_id', '=', orgId)
    .where((eb) => eb.or([eb('member_id', '=', anyOf('bigint', memberIds)), eb('integration_id', '=', anyOf('bigint', integrationIds))]))
    .orderBy('id')
    .execute();
  return rows.map(externalUserFromRow);
}

export async function readExternalTeamsOf(db: Db, orgId: string, { teamIds, integrationIds }: { teamIds: Ids; integrationIds: Ids }) {
  if (teamIds.length + integrationIds.length === 0) return [];
  const rows = await db
    .selectFrom('external_teams')
    .select(externalTeamColumns)
    .where('organization_id', '=', orgId)
    .where((eb) => eb.or([eb('team_id', '=', anyOf('bigint', teamIds)), eb('integration_id', '=', anyOf('bigint', integrationIds))]))
    .orderBy('id')
    .execute();
  return rows.map(externalTeamFromRow);
}

/** The active integration that a provider's request names, with its organization. */
export async function findActiveIntegration(db: Db, provider: string, externalId: string) {
  const row = await integrationsWith(db, provider, externalId).where(isActiveIntegration).executeTakeFirst();
  return row ? { orgId: row.organization_id, record: integrationFromRow(row) } : null;
}

/**
 * The integrations that may use the secrets of an organization's former connection: the active one,
 * that of the same organization, and later ones. The last two may be disabled for a time.
 */
export async function readLaterConnections(
  db: Db,
  former: { readonly orgId: string; readonly integrationId: string; readonly provider: string; readonly externalId: string },
) {
  const { orgId, integrationId, provider, externalId } = former;
  const rows = await integrationsWith(db, provider, externalId)
    .where((eb) => eb.or([isActiveIntegration, eb('organization_id', '=', orgId), eb('id', '>', integrationId)]))
    .execute();
  return rows.map((row) => ({ orgId: row.organization_id, record: integrationFromRow(row) }));
}

/** An organization of a provider has at most one active integration. */
export const isActiveIntegration = sql<boolean>`integration ->> 'status' = 'active'`;

function integrationsWith(db: Db, provider: string, externalId: string) {
  return db
    .selectFrom('integrations')
    .select(['organization_id', ...integrationColumns])
    .where('provider', '=', provider)
    .where('external_id', '=', externalId);
}

/** The user of the member that a person at a provider is mapped to. */
export async function findMappedUser(db: Db, orgId: string, integrationId: string, externalId: string): Promise<string | null> {
  const row = await db
    .selectFrom('external_users')
    .innerJoin('members', (join) =>
      join.onRef('members.organization_id', '=', 'external_users.organization_id').onRef('members.id', '=', 'external_users.member_id'),
    )
    .select('members.user_id')
    .where('external_users.organization_id', '=', orgId)
    .where('integration_id', '=', integrationId)
    .where('external_id', '=', externalId)
    .executeTakeFirst();
  return row?.user_id ?? null;
}

export async function readExternalUser(db: Db, orgId: string, id: string) {
  const row = await db
    .selectFrom('external_users')
    .select(externalUserColumns)
    .where('organization_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ? externalUserFromRow(row) : null;
}

export async function readExternalTeam(db: Db, orgId: string, id: string) {
  const row = await db
    .selectFrom('external_teams')
    .select(externalTeamColumns)
    .where('organization_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ? externalTeamFromRow(row) : null;
}
