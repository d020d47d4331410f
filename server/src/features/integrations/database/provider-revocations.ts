import type { IntegrationProvider } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db, Tx } from '../../../database/database.ts';

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

type RevocationId = Pick<ProviderRevocation, 'orgId' | 'integrationId'>;

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

/**
 * Claims at most `count` revocations that are due, and counts an attempt for each. The wait before
 * the next attempt doubles from one minute on. It is also the claim: it is longer than an attempt
 * takes. An organization's first one takes precedence over the second ones of others, so that an
 * organization with many doesn't delay the others.
 */
export async function claimRevocations(db: Db, count: number): Promise<(ProviderRevocation & { readonly attempts: number })[]> {
  // Materialized, so that the updated rows are those that are locked.
  const rows = await db
    .with('ranked', (query) =>
      query
        .selectFrom('provider_revocations')
        .select([
          'integration_id as ranked_id',
          sql<string>`row_number() OVER (PARTITION BY organization_id ORDER BY next_attempt_at)`.as('position'),
        ])
        .where('next_attempt_at', '<=', sql<string>`clock_timestamp()`)
        .where('is_ended', '=', false),
    )
    .with(
      (cte) => cte('due').materialized(),
      (query) =>
        query
          .selectFrom('provider_revocations')
          .innerJoin('ranked', 'ranked_id', 'integration_id')
          .select('integration_id')
          // Another instance may have claimed it since.
          .where('next_attempt_at', '<=', sql<string>`clock_timestamp()`)
          .where('is_ended', '=', false)
          .orderBy('position')
          .orderBy('next_attempt_at')
          .limit(count)
          .forUpdate('provider_revocations')
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

/**
 * The time after which a call counts as ended if its instance died. A call to a provider takes
 * less.
 */
const callSeconds = 60;
/**
 * The time for which an ended revocation is stored. It is longer than a person's connection takes
 * between the provider's confirmation and the commit.
 */
const keptMinutes = 60;

/**
 * Marks that the provider is called now, unless `isInUse`. The row is locked while that is checked,
 * so that {@link isBeingRevoked} waits for the result.
 * @returns whether the provider may be called
 */
export async function beginCall(db: Db, revocation: RevocationId, isInUse: (tx: Tx) => Promise<boolean>): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await tx
      .selectFrom('provider_revocations')
      .select('integration_id')
      .where('organization_id', '=', revocation.orgId)
      .where('integration_id', '=', revocation.integrationId)
      .forUpdate()
      .execute();
    if (await isInUse(tx)) return false;
    await setCalledUntil(tx, revocation, sql<string>`clock_timestamp() + make_interval(secs => ${sql.lit(callSeconds)})`);
    return true;
  });
}

/** Marks that the call is over. */
export async function endCall(db: Db, revocation: RevocationId): Promise<void> {
  await setCalledUntil(db, revocation, sql<string>`clock_timestamp()`);
}

async function setCalledUntil(db: Db, revocation: RevocationId, time: ReturnType<typeof sql<string>>): Promise<void> {
  await updateRevocation(db, revocation).set({ called_until: time }).execute();
}

function updateRevocation(db: Db, { orgId, integrationId }: RevocationId) {
  return db.updateTable('provider_revocations').where('organization_id', '=', orgId).where('integration_id', '=', integrationId);
}

/**
 * Whether the revocation of a former connection to the provider's organization may have run after
 * `confirmedAt`. It may then also have revoked the connection that the provider confirmed at that
 * time.
 */
export async function isBeingRevoked(tx: Tx, provider: IntegrationProvider, externalId: string, confirmedAt: string): Promise<boolean> {
  const rows = await tx
    .selectFrom('provider_revocations')
    .select(sql<boolean>`coalesce(called_until > ${confirmedAt}::timestamptz, false)`.as('isCalled'))
    .where('provider', '=', provider)
    .where('external_id', '=', externalId)
    .forShare()
    .execute();
  return rows.some(({ isCalled }) => isCalled);
}

/** Makes a revocation due. Its secrets were replaced during the attempt. */
export async function repeatRevocation(tx: Tx, revocation: RevocationId): Promise<void> {
  await updateRevocation(tx, revocation).set({ next_attempt_at: sql<string>`clock_timestamp()` }).execute();
}

/** Ends a revocation whose secrets were removed. */
export async function endRevocation(tx: Tx, revocation: RevocationId): Promise<void> {
  await updateRevocation(tx, revocation).set({ is_ended: true }).execute();
}

/** Deletes the ended revocations that no connection in progress can be affected by. */
export async function deleteEndedRevocations(db: Db): Promise<void> {
  await db
    .deleteFrom('provider_revocations')
    .where('is_ended', '=', true)
    .where((where) =>
      where.or([
        where('called_until', 'is', null),
        where('called_until', '<', sql<string>`clock_timestamp() - make_interval(mins => ${sql.lit(keptMinutes)})`),
      ]),
    )
    .execute();
}
