import type { IntegrationProvider } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db, Tx } from '../database.ts';

/**
 * Former connections of integrations that are still to be ended at the provider. The id is that of
 * the removed integration, or one that owns the secrets of a replaced connection. The rows and
 * their secrets outlive the organization.
 */

export interface ProviderRevocation {
  readonly orgId: string;
  readonly integrationId: string;
  readonly provider: IntegrationProvider;
  readonly externalId: string;
}

export async function saveRevocation(tx: Tx, { orgId, integrationId, provider, externalId }: ProviderRevocation): Promise<void> {
  await tx
    .insertInto('provider_revocations')
    .values({ integration_id: integrationId, organization_id: orgId, provider, external_id: externalId })
    .execute();
}

/** Saves a revocation for each integration of an organization that is removed. */
export async function saveRevocationsOf(tx: Tx, orgId: string): Promise<void> {
  await tx
    .insertInto('provider_revocations')
    .columns(['integration_id', 'organization_id', 'provider', 'external_id'])
    .expression(({ selectFrom }) =>
      selectFrom('integrations').select(['id', 'organization_id', 'provider', 'external_id']).where('organization_id', '=', orgId),
    )
    .execute();
}

/** Attempts of one sweep. The others follow in the next one. */
const batchRows = 20;

/**
 * Claims revocations that are due, and counts an attempt for each. The wait before the next attempt
 * doubles from one minute on. It is also the claim: it is longer than an attempt takes.
 */
export async function claimRevocations(db: Db): Promise<(ProviderRevocation & { readonly attempts: number })[]> {
  // Materialized, so that the updated rows are those that are locked.
  const rows = await db
    .with(
      (cte) => cte('due').materialized(),
      (query) =>
        query
          .selectFrom('provider_revocations')
          .select('integration_id')
          .where('next_attempt_at', '<=', sql<string>`clock_timestamp()`)
          .orderBy('next_attempt_at')
          .limit(batchRows)
          .forUpdate()
          .skipLocked(),
    )
    .updateTable('provider_revocations')
    .set({
      attempts: sql<number>`attempts + 1`,
      next_attempt_at: sql<string>`clock_timestamp() + make_interval(mins => (2 ^ attempts)::int)`,
    })
    .where('integration_id', 'in', ({ selectFrom }) => selectFrom('due').select('integration_id'))
    .returning(['organization_id', 'integration_id', 'provider', 'external_id', 'attempts'])
    .execute();
  return rows.map(({ organization_id, integration_id, provider, external_id, attempts }) => ({
    orgId: organization_id,
    integrationId: integration_id,
    provider: provider as IntegrationProvider,
    externalId: external_id,
    attempts,
  }));
}

export async function removeRevocation(tx: Tx, integrationId: string): Promise<void> {
  await tx.deleteFrom('provider_revocations').where('integration_id', '=', integrationId).execute();
}
