import type { ExternalTeamRecord, ExternalUserRecord, IntegrationRecord, WebhookRecord } from '@rollcall/protocol';
import type { Selectable } from 'kysely';
import type { Db } from '../database.ts';
import type { Schema } from '../schema.ts';

/** Webhooks, integrations and their mappings as rows and as records. */

type Row<Table extends keyof Schema, Columns extends readonly (keyof Selectable<Schema[Table]>)[]> = Pick<
  Selectable<Schema[Table]>,
  Columns[number]
>;

export const webhookColumns = ['id', 'webhook'] as const;

export function webhookFromRow({ id, webhook }: Row<'webhooks', typeof webhookColumns>): WebhookRecord {
  return { id, ...webhook };
}

export async function readWebhooks(db: Db, orgId: string): Promise<WebhookRecord[]> {
  const rows = await db.selectFrom('webhooks').select(webhookColumns).where('organization_id', '=', orgId).orderBy('id').execute();
  return rows.map(webhookFromRow);
}

export async function readWebhook(db: Db, orgId: string, id: string): Promise<WebhookRecord | null> {
  const row = await db
    .selectFrom('webhooks')
    .select(webhookColumns)
    .where('organization_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ? webhookFromRow(row) : null;
}

export const integrationColumns = ['id', 'provider', 'external_id', 'integration'] as const;

export function integrationFromRow(row: Row<'integrations', typeof integrationColumns>): IntegrationRecord {
  return { id: row.id, provider: row.provider as IntegrationRecord['provider'], externalId: row.external_id, ...row.integration };
}

export async function readIntegrations(db: Db, orgId: string): Promise<IntegrationRecord[]> {
  const rows = await db.selectFrom('integrations').select(integrationColumns).where('organization_id', '=', orgId).orderBy('id').execute();
  return rows.map(integrationFromRow);
}

export const externalUserColumns = ['id', 'provider', 'integration_id', 'member_id', 'external_name', 'external_id'] as const;

export function externalUserFromRow(row: Row<'external_users', typeof externalUserColumns>): ExternalUserRecord {
  return {
    id: row.id,
    provider: row.provider as ExternalUserRecord['provider'],
    integrationId: row.integration_id,
    memberId: row.member_id,
    externalName: row.external_name,
    externalId: row.external_id,
  };
}

export async function readExternalUsers(db: Db, orgId: string): Promise<ExternalUserRecord[]> {
  const rows = await db
    .selectFrom('external_users')
    .select(externalUserColumns)
    .where('organization_id', '=', orgId)
    .orderBy('id')
    .execute();
  return rows.map(externalUserFromRow);
}

export const externalTeamColumns = ['id', 'provider', 'integration_id', 'team_id', 'external_name', 'external_id', 'follows'] as const;

export function externalTeamFromRow(row: Row<'external_teams', typeof externalTeamColumns>): ExternalTeamRecord {
  return {
    id: row.id,
    provider: row.provider as ExternalTeamRecord['provider'],
    integrationId: row.integration_id,
    teamId: row.team_id,
    externalName: row.external_name,
    externalId: row.external_id,
    follows: row.follows as ExternalTeamRecord['follows'],
  };
}

export async function readExternalTeams(db: Db, orgId: string): Promise<ExternalTeamRecord[]> {
  const rows = await db
    .selectFrom('external_teams')
    .select(externalTeamColumns)
    .where('organization_id', '=', orgId)
    .orderBy('id')
    .execute();
  return rows.map(externalTeamFromRow);
}
