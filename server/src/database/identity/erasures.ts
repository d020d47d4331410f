import { sql } from 'kysely';
import type { Db, Tx } from '../database.ts';

/** The accepted erasures of users, and the state of each in each organization. */

export interface NewErasure {
  readonly userId: string;
  readonly isByOperator: boolean;
  readonly orgIds: readonly string[];
}

export interface ErasedOrganization {
  readonly orgId: string;
  /**
   * - `pending`: its state still names the user.
   * - `refused`: the last attempt was refused, because the organization has changed since the
   *   erasure was accepted. It is tried again.
   * - `rewriting`: its state is redacted, and its history is not yet.
   * - `done`: its history is redacted too, or it was removed.
   */
  readonly status: 'pending' | 'refused' | 'rewriting' | 'done';
  /** The code of the error that refused the last attempt. */
  readonly refusal: string | null;
  /** The records of its state that were changed or removed. */
  readonly changedRecords: number;
  readonly redactedAt: string | null;
}

export interface StoredErasure {
  readonly userId: string;
  readonly isByOperator: boolean;
  readonly requestedAt: string;
  /** When the account was erased. Null until then. */
  readonly finishedAt: string | null;
  readonly organizations: readonly ErasedOrganization[];
}

export async function insertErasure(tx: Tx, { userId, isByOperator, orgIds }: NewErasure): Promise<void> {
  await tx.insertInto('erasures').values({ user_id: userId, is_by_operator: isByOperator }).execute();
  await addOrganizations(tx, userId, orgIds);
}

/** Adds organizations that are not part of the erasure yet. */
export async function addOrganizations(db: Db, userId: string, orgIds: readonly string[]): Promise<void> {
  await sql`INSERT INTO erasure_organizations (user_id, organization_id)
    SELECT ${userId}::bigint, unnest(${orgIds}::bigint[]) ON CONFLICT DO NOTHING`.execute(db);
}

/** Saves, in the transaction of the command, that an organization's state is redacted. */
export async function markRedacted(tx: Tx, userId: string, orgId: string, changedRecords: number): Promise<void> {
  await sql`UPDATE erasure_organizations SET redacted_at = clock_timestamp(), refusal = NULL,
      changed_records = changed_records + ${changedRecords}::integer
    WHERE user_id = ${userId} AND organization_id = ${orgId}`.execute(tx);
}

export async function markRefused(db: Db, userId: string, orgId: string, refusal: string): Promise<void> {
  await db
    .updateTable('erasure_organizations')
    .set({ refusal })
    .where('user_id', '=', userId)
    .where('organization_id', '=', orgId)
    .execute();
}

export async function finishErasure(tx: Tx, userId: string): Promise<void> {
  await tx.updateTable('erasures').set({ finished_at: sql<string>`clock_timestamp()` }).where('user_id', '=', userId).execute();
}

/** Null if the erasure of the user was never accepted. */
export async function readErasure(db: Db, userId: string): Promise<StoredErasure | null> {
  const erasure = await db
    .selectFrom('erasures')
    .select(['is_by_operator', 'requested_at', 'finished_at'])
    .where('user_id', '=', userId)
    .executeTakeFirst();
  if (!erasure) return null;
  const { rows } = await sql<ErasedOrganization>`
    SELECT organization_id AS "orgId", refusal, changed_records AS "changedRecords", redacted_at AS "redactedAt", CASE
      WHEN NOT EXISTS (SELECT FROM organizations WHERE id = organization_id) THEN 'done'
      WHEN refusal IS NOT NULL THEN 'refused'
      WHEN redacted_at IS NULL THEN 'pending'
      WHEN EXISTS (SELECT FROM removed_members WHERE removed_members.organization_id = erasure_organizations.organization_id
        AND removed_members.user_id = erasure_organizations.user_id AND redaction IS NOT NULL) THEN 'rewriting'
      ELSE 'done' END AS status
    FROM erasure_organizations WHERE user_id = ${userId} ORDER BY organization_id`.execute(db);
  const { is_by_operator: isByOperator, requested_at: requestedAt, finished_at: finishedAt } = erasure;
  return { userId, isByOperator, requestedAt, finishedAt, organizations: rows };
}
