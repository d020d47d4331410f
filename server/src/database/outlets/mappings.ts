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

/** Single integrations and mappings, by what a path or a change names. */

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
