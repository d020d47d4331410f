import { sql } from 'kysely';
import type { Db, Tx } from '../../../database/database.ts';
import { deleteInBatches } from '../../../database/delete-in-batches.ts';

/** Assertions that have opened a session, so that none opens another. */

/** The provider of a login. */
interface AssertingProvider {
  readonly orgId: string;
  readonly providerId: string;
}

export async function isAssertionUsed(db: Db, { orgId, providerId }: AssertingProvider, assertionId: string): Promise<boolean> {
  const row = await db
    .selectFrom('sso_seen')
    .select('assertion_id')
    .where('organization_id', '=', orgId)
    .where('provider_id', '=', providerId)
    .where('assertion_id', '=', assertionId)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Marks a request as used, so that no other response to it is verified. False if it was before, or
 * if the provider is gone. Assertions have XML IDs, which contain no space.
 * @param minutes from now. No response to a request is accepted later.
 */
export async function markRequestAnswered(
  db: Db,
  { orgId, providerId }: AssertingProvider,
  flowId: string,
  minutes: number,
): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO sso_seen (organization_id, provider_id, assertion_id, expires_at)
    SELECT organization_id, id, ${`request ${flowId}`}, clock_timestamp() + make_interval(mins => ${sql.lit(minutes)})
    FROM auth_providers WHERE organization_id = ${orgId} AND id = ${providerId}
    FOR KEY SHARE
    ON CONFLICT DO NOTHING
    RETURNING assertion_id`.execute(db);
  return rows.length > 0;
}

/** False if the assertion has opened a session before. */
export async function markAssertionUsed(
  tx: Tx,
  { orgId, providerId }: AssertingProvider,
  assertion: { readonly id: string; readonly expiresAt: string },
): Promise<boolean> {
  const rows = await tx
    .insertInto('sso_seen')
    .values({ organization_id: orgId, provider_id: providerId, assertion_id: assertion.id, expires_at: assertion.expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .returning('assertion_id')
    .execute();
  return rows.length > 0;
}

/** A used assertion is kept for this long after it has expired, so that clocks may differ. */
const usedAssertionHours = 1;

export async function deleteExpiredAssertions(db: Db): Promise<void> {
  await deleteInBatches(db, 'sso_seen', sql<boolean>`expires_at < now() - make_interval(hours => ${sql.lit(usedAssertionHours)})`);
}
