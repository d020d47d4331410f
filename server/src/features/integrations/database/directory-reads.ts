import type { DirectoryProvider } from '@rollcall/protocol';
import { sql } from 'kysely';
import { anyOf } from '../../../database/any-of.ts';
import type { Db, Tx } from '../../../database/database.ts';
import { isUnclaimed, unclaimed } from '../../../database/leases.ts';
import { isActiveIntegration } from '../../../database/outlets/mappings.ts';
import { readAtOneInstant } from '../../../database/transact.ts';
import type { DangerousSync, DirectoryReading } from '../domain/directory-reading.ts';

/**
 * The statements with which instances claim the reading of directories. A claim has a random lease
 * text. Each write names it, so an instance whose claim has passed to another one changes nothing.
 * `leased_until` without a lease is the time before which the provider accepts no requests.
 */

export interface ReadingClaim {
  readonly integrationId: string;
  readonly orgId: string;
  readonly provider: DirectoryProvider;
  readonly lease: string;
  /** When the reading was due. Another value after the reading means that it is due again. */
  readonly dueAt: string;
  /** Failed readings since the last successful one. */
  readonly attempts: number;
  readonly confirmed: readonly DangerousSync[];
}

/** Several changes within this time cause one reading. Their effect is due within 10 s. */
const changeSeconds = 5;

const now = sql<string>`clock_timestamp()`;

/**
 * Makes the directory due. If the provider limits requests, the reading still waits for the time
 * that it requested.
 */
export async function requestReading(db: Db, orgId: string, integrationId: string): Promise<void> {
  await db
    .insertInto('directory_reads')
    .values({ integration_id: integrationId, organization_id: orgId, next_read_at: now })
    .onConflict((conflict) => conflict.column('integration_id').doUpdateSet({ next_read_at: now, attempts: 0 }))
    .execute();
}

/**
 * Makes the directory due after it was connected or made active. A reading in progress has the
 * former connection, so its claim ends. A confirmation was about the former connection, too.
 */
export async function restartReading(tx: Tx, orgId: string, integrationId: string): Promise<void> {
  await requestReading(tx, orgId, integrationId);
  await tx
    .updateTable('directory_reads')
    .set({
      lease: null,
      leased_until: sql<string | null>`CASE WHEN lease IS NULL THEN leased_until END`,
      confirmed: null,
    })
    .where('organization_id', '=', orgId)
    .where('integration_id', '=', integrationId)
    .execute();
}

/** Makes the directory due, and confirms the changes that the last reading did not make. */
export async function requestConfirmedReading(db: Db, orgId: string, integrationId: string): Promise<void> {
  await db
    .updateTable('directory_reads')
    .set({ next_read_at: now, attempts: 0, confirmed: sql`drift -> 'needsConfirmation'` })
    .where('integration_id', '=', integrationId)
    .where('organization_id', '=', orgId)
    .execute();
}

/**
 * Makes the directory due after a delay, unless it is due earlier. A reading in progress may have
 * read what changed before it changed, so the directory is then due again.
 */
export async function requestReadingSoon(db: Db, provider: string, externalId: string): Promise<void> {
  await db
    .updateTable('directory_reads')
    .from('integrations')
    .set({ next_read_at: dueSoon() })
    .whereRef('integrations.organization_id', '=', 'directory_reads.organization_id')
    .whereRef('integrations.id', '=', 'directory_reads.integration_id')
    .where('integrations.provider', '=', provider)
    .where('integrations.external_id', '=', externalId)
    .where(isActiveIntegration)
    .execute();
}

/** Makes the directory due after a mapping of a person has changed, if any team follows it. */
export async function requestSync(tx: Tx, orgId: string, integrationId: string): Promise<void> {
  await tx
    .updateTable('directory_reads')
    .set({ next_read_at: dueSoon() })
    .where('organization_id', '=', orgId)
    .where('integration_id', '=', integrationId)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('external_teams')
          .select('id')
          .where('organization_id', '=', orgId)
          .where('integration_id', '=', integrationId)
          .where('follows', '=', 'members'),
      ),
    )
    .execute();
}

/**
 * Makes the directory due after a mapping was made without the person's id. The reading finds and
 * stores the id.
 */
export async function requestIdentification(tx: Tx, orgId: string, integrationId: string): Promise<void> {
  await tx
    .updateTable('directory_reads')
    .set({ next_read_at: dueSoon() })
    .where('organization_id', '=', orgId)
    .where('integration_id', '=', integrationId)
    .execute();
}

/** Makes the directories of one organization or of all due. */
export async function requestReadings(db: Db, orgId: string | null): Promise<void> {
  await db
    .updateTable('directory_reads')
    .set({ next_read_at: now, attempts: 0 })
    .$if(orgId !== null, (query) => query.where('organization_id', '=', orgId!))
    .execute();
}

interface ClaimedRow {
  integration_id: string;
  organization_id: string;
  next_read_at: string;
  provider: DirectoryProvider;
  attempts: number;
  confirmed: readonly DangerousSync[] | null;
}

/**
 * Claims the directory that is due for the longest time. An organization has one reading at a time
 * per provider, so that its slow directories don't take all slots. Two instances that claim at the
 * same moment may each begin one. The confirmation stays until a reading succeeds, which may be
 * that of another instance.
 */
export async function claimReading(
  db: Db,
  lease: string,
  leaseSeconds: number,
  providers: readonly string[],
): Promise<ReadingClaim | null> {
  // Materialized, so that the updated row is the one that is locked.
  const { rows } = await sql<ClaimedRow>`
    WITH due AS MATERIALIZED (
      SELECT directory_reads.*, provider FROM directory_reads JOIN integrations
        ON integrations.organization_id = directory_reads.organization_id AND integrations.id = integration_id
      WHERE next_read_at <= clock_timestamp() AND ${isUnclaimed}
        AND provider = ${anyOf('text', providers)} AND ${isActiveIntegration}
        AND NOT EXISTS (
          SELECT FROM directory_reads AS reading JOIN integrations AS other
            ON other.organization_id = reading.organization_id AND other.id = reading.integration_id
          WHERE reading.organization_id = directory_reads.organization_id AND other.provider = integrations.provider
            AND reading.lease IS NOT NULL AND reading.leased_until > clock_timestamp()
        )
      ORDER BY next_read_at LIMIT 1 FOR UPDATE OF directory_reads SKIP LOCKED
    )
    UPDATE directory_reads SET lease = ${lease}, leased_until = ${inSeconds(leaseSeconds)}
    FROM due WHERE directory_reads.organization_id = due.organization_id AND directory_reads.integration_id = due.integration_id
    RETURNING due.integration_id, due.organization_id, due.provider, due.next_read_at, due.attempts, due.confirmed`.execute(db);
  const [row] = rows;
  if (!row) return null;
  return {
    integrationId: row.integration_id,
    orgId: row.organization_id,
    provider: row.provider,
    lease,
    dueAt: row.next_read_at,
    attempts: row.attempts,
    confirmed: row.confirmed ?? [],
  };
}

/** Extends a claim. False if it has ended. */
export async function renewReading(db: Db, claim: ReadingClaim, leaseSeconds: number): Promise<boolean> {
  const { numUpdatedRows } = await claimed(db, claim)
    .set({ leased_until: inSeconds(leaseSeconds) })
    .where('leased_until', '>', now)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Whether the claim is still held. Its row stays locked until the end of the transaction. */
export async function holdReading(tx: Tx, orgId: string, integrationId: string, lease: string): Promise<boolean> {
  const row = await tx
    .selectFrom('directory_reads')
    .select('lease')
    .where('organization_id', '=', orgId)
    .where('integration_id', '=', integrationId)
    .where('lease', '=', lease)
    .where('leased_until', '>', now)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** @param nextAt ISO 8601, of the next reading without a notice */
export async function finishReading(db: Db, claim: ReadingClaim, reading: DirectoryReading, nextAt: string): Promise<void> {
  await claimed(db, claim)
    .set({
      ...{ last_read_at: now, last_error: null, attempts: 0, drift: JSON.stringify(reading) },
      ...released(claim, nextAt),
      leased_until: null,
      // Another one may have been given since the claim.
      confirmed: sql`nullif(confirmed, ${JSON.stringify(claim.confirmed)}::jsonb)`,
    })
    .execute();
}

export interface FailedReading {
  readonly error: string;
  /** ISO 8601, of the next attempt. */
  readonly nextAt: string;
  /** The provider accepts no requests before. 0 if it named no time. */
  readonly throttledSeconds: number;
}

export async function failReading(db: Db, claim: ReadingClaim, { error, nextAt, throttledSeconds }: FailedReading): Promise<void> {
  await claimed(db, claim)
    .set({
      ...{ last_error: error, attempts: sql<number>`attempts + 1` },
      ...released(claim, nextAt),
      leased_until: throttledSeconds > 0 ? inSeconds(throttledSeconds) : null,
    })
    .execute();
}

/** Ends a claim without a result. The directory stays due. */
export async function abandonReading(db: Db, claim: ReadingClaim): Promise<void> {
  await claimed(db, claim).set(unclaimed).execute();
}

/** A directory that became due again during the reading stays so. */
function released({ dueAt }: ReadingClaim, nextAt: string) {
  return {
    lease: null,
    next_read_at: sql<string>`CASE WHEN next_read_at = ${dueAt}::timestamptz THEN ${nextAt}::timestamptz ELSE next_read_at END`,
  };
}

function claimed(db: Db, { integrationId, orgId, lease }: ReadingClaim) {
  return db
    .updateTable('directory_reads')
    .where('organization_id', '=', orgId)
    .where('integration_id', '=', integrationId)
    .where('lease', '=', lease);
}

function dueSoon() {
  const at = inSeconds(changeSeconds);
  return sql<string>`CASE WHEN lease IS NOT NULL AND next_read_at <= clock_timestamp() THEN ${at} ELSE least(next_read_at, ${at}) END`;
}

function inSeconds(seconds: number) {
  return sql<string>`clock_timestamp() + make_interval(secs => ${seconds}::float8)`;
}

/**
 * Reads as `findDirectoryRead`, with the people in a row each. A directory of 100,000 people has
 * 5 MB of JSON. Parsing it at once would block the event loop for 100 ms.
 */
export async function findDirectoryReadInRows(db: Db, orgId: string, integrationId: string) {
  return readAtOneInstant(db, async (tx) => {
    const ofIntegration = tx.selectFrom('directory_reads').where('integration_id', '=', integrationId).where('organization_id', '=', orgId);
    const [read, people] = await Promise.all([
      ofIntegration
        .select(['next_read_at', 'last_read_at', 'last_error', 'lease'])
        .select(sql<Omit<DirectoryReading, 'people'> | null>`drift - 'people'`.as('drift'))
        .executeTakeFirst(),
      ofIntegration
        .innerJoinLateral(sql<{ person: unknown }>`jsonb_array_elements(drift -> 'people')`.as<'people'>(sql`people(person)`), (join) =>
          join.onTrue(),
        )
        .select([sql<string>`person ->> 'id'`.as('id'), sql<string>`person ->> 'name'`.as('name')])
        .execute(),
    ]);
    return read ? { ...read, people } : null;
  });
}

/** The last reading and the time of the next one. Null for an integration without a directory. */
export async function findDirectoryRead(db: Db, orgId: string, integrationId: string) {
  const row = await db
    .selectFrom('directory_reads')
    .select(['next_read_at', 'last_read_at', 'last_error', 'drift', 'lease'])
    .where('integration_id', '=', integrationId)
    .where('organization_id', '=', orgId)
    .executeTakeFirst();
  return row ?? null;
}
