import { sql } from 'kysely';
import { anyOf } from '../database/any-of.ts';
import type { Db, Tx } from '../database/database.ts';
import { type Head, type HeadRow, headFromRow } from '../database/records/read-log.ts';
import { consumerName, parseConsumerName } from './checkpoints.ts';
import type { ConsumerRef } from './log-consumer.ts';

/**
 * The statements with which instances claim consumers and advance their checkpoints. A claim has a
 * random lease text. Each write names it, so an instance whose claim has passed to another one
 * changes nothing.
 */

/** The next event of a consumer. */
export interface Position {
  readonly revision: number;
  readonly index: number;
}

export interface Claim extends ConsumerRef {
  readonly kind: string;
  readonly lease: string;
  readonly host: string | null;
  readonly epoch: string;
  readonly position: Position;
  /** Failed attempts of the event at the position. */
  readonly attempts: number;
  /** The head of the organization at the time of the claim. */
  readonly head: Head;
}

export interface ClaimFilter {
  readonly kinds: readonly string[];
  /** Null for all organizations. */
  readonly orgIds: readonly string[] | null;
  readonly exceptOrgIds: readonly string[];
  /** The claims in progress that share the limits below. */
  readonly busy: readonly Claim[];
  readonly perOrgMax: number;
  readonly perHostMax: number;
  readonly limit: number;
}

interface ClaimedRow extends HeadRow {
  consumer: string;
  lease: string;
  host: string | null;
  claimed_epoch: string;
  claimed_revision: string;
  event_index: number;
  attempts: number;
}

/**
 * Whether a consumer lags, may be tried now, and is not claimed. A position beyond the next
 * revision means that a failover lost commits.
 */
const isClaimable = sql<boolean>`is_active
  AND (log_consumers.revision <= org_heads.revision OR log_consumers.revision > org_heads.revision + 1
    OR log_consumers.epoch <> org_heads.epoch::text)
  AND (next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp())
  AND (leased_until IS NULL OR leased_until <= clock_timestamp())`;

export const isConsumerDue = sql<boolean>`EXISTS (SELECT FROM log_consumers JOIN org_heads USING (organization_id) WHERE ${isClaimable})`;

/**
 * Claims consumers that lag and are due. Organizations with the fewest claims come first, then
 * those that were served least recently, and so do the consumers of each.
 */
export async function claimConsumers(db: Db, leaseMs: number, filter: ClaimFilter): Promise<Claim[]> {
  const { kinds, orgIds, exceptOrgIds, busy, perOrgMax, perHostMax, limit } = filter;
  const busyHosts = busy.flatMap(({ host }) => (host === null ? [] : [host]));
  const busyOrgIds = busy.map(({ orgId }) => orgId);
  const isDue = sql`${isClaimable} AND split_part(consumer, ':', 1) = ${anyOf('text', kinds)}
    AND ${orgIds === null ? sql`true` : sql`organization_id = ${anyOf('bigint', orgIds)}`}
    AND organization_id <> ALL (${exceptOrgIds}::bigint[])`;
  // Rows are evaluated again when they are locked. Materialized, so that the updated rows are the
  // locked ones. `at_org` counts only consumers whose host is free, so that those of a busy host
  // don't take the slots of their organization.
  const { rows } = await sql<ClaimedRow>`
    WITH lagging AS (
      SELECT organization_id, consumer, host, row_number() OVER of_org AS turn, max(leased_until) OVER (PARTITION BY organization_id) AS served_at
      FROM log_consumers JOIN org_heads USING (organization_id) WHERE ${isDue}
      WINDOW of_org AS (PARTITION BY organization_id ORDER BY leased_until NULLS FIRST)
    ),
    by_host AS (
      SELECT lagging.*, row_number() OVER (PARTITION BY host ORDER BY turn, served_at NULLS FIRST)
        + (SELECT count(*) FROM unnest(${busyHosts}::text[]) AS busy WHERE busy = host) AS at_host
      FROM lagging
    ),
    ranked AS (
      SELECT organization_id, consumer, served_at, row_number() OVER (PARTITION BY organization_id ORDER BY turn)
        + (SELECT count(*) FROM unnest(${busyOrgIds}::bigint[]) AS busy WHERE busy = organization_id) AS at_org
      FROM by_host WHERE host IS NULL OR at_host <= ${perHostMax}
    ),
    due AS MATERIALIZED (
      SELECT organization_id, consumer, org_heads.epoch, org_heads.revision, floor_revision, chain
      FROM log_consumers JOIN org_heads USING (organization_id) JOIN ranked USING (organization_id, consumer)
      WHERE ${isDue} AND at_org <= ${perOrgMax}
      ORDER BY at_org, served_at NULLS FIRST LIMIT ${limit} FOR UPDATE OF log_consumers SKIP LOCKED
    )
    UPDATE log_consumers SET lease = gen_random_uuid()::text, leased_until = ${inMs(leaseMs)}
    FROM due WHERE log_consumers.organization_id = due.organization_id AND log_consumers.consumer = due.consumer
    RETURNING log_consumers.consumer, lease, host, log_consumers.epoch AS claimed_epoch, log_consumers.revision AS claimed_revision,
      event_index, attempts, due.organization_id, due.epoch, due.revision, floor_revision, chain`.execute(db);
  return rows.map((row) => ({
    orgId: row.organization_id,
    ...parseConsumerName(row.consumer),
    lease: row.lease,
    host: row.host,
    epoch: row.claimed_epoch,
    position: { revision: Number(row.claimed_revision), index: row.event_index },
    attempts: row.attempts,
    head: headFromRow(row),
  }));
}

/** Whether the claim is still held. Its row stays locked until the end of the transaction. */
export async function holdClaim(tx: Tx, claim: Claim): Promise<boolean> {
  const row = await tx
    .selectFrom('log_consumers')
    .select('lease')
    .where('organization_id', '=', claim.orgId)
    .where('consumer', '=', consumerName(claim.kind, claim))
    .where('lease', '=', claim.lease)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** Extends claims. Returns the leases of those that this instance still has. */
export async function renewClaims(db: Db, claims: readonly Claim[], leaseMs: number): Promise<ReadonlySet<string>> {
  const orgIds = [...new Set(claims.map(({ orgId }) => orgId))];
  const leases = claims.map(({ lease }) => lease);
  const renewed = await db
    .updateTable('log_consumers')
    .set({ leased_until: inMs(leaseMs) })
    .where('organization_id', '=', anyOf('bigint', orgIds))
    .where('lease', '=', anyOf('text', leases))
    .where('leased_until', '>', sql<string>`clock_timestamp()`)
    .returning('lease')
    .execute();
  return new Set(renewed.map(({ lease }) => lease!));
}

/**
 * Ends a claim. The end of the lease stays as the time at which the consumer was last served.
 * @param pauseMs the least time until the next claim
 */
export async function releaseClaim(db: Db, claim: Claim, pauseMs = 0): Promise<void> {
  await claimed(db, claim)
    .set({
      lease: null,
      leased_until: sql<string>`clock_timestamp()`,
      ...(pauseMs > 0 && { next_attempt_at: sql<string>`greatest(next_attempt_at, ${inMs(pauseMs)})` }),
    })
    .execute();
}

/**
 * Continues in another epoch, at a position that the claim's position has no relation to. So
 * failures at that position no longer count. Changes nothing if a command has moved the consumer.
 * @param at the position in the claim's epoch
 */
export async function enterEpoch(db: Db, claim: Claim, at: Position, epoch: string, from: Position): Promise<boolean> {
  const noFailure = { attempts: 0, failing_since: null, last_error: null };
  const { numUpdatedRows } = await claimed(db, claim)
    .where('epoch', '=', claim.epoch)
    .where('revision', '=', String(at.revision))
    .where('event_index', '=', at.index)
    .set({ epoch, revision: String(from.revision), event_index: from.index, ...noFailure })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

function claimed(db: Db, claim: Claim) {
  return db
    .updateTable('log_consumers')
    .where('organization_id', '=', claim.orgId)
    .where('consumer', '=', consumerName(claim.kind, claim))
    .where('lease', '=', claim.lease);
}

function inMs(ms: number) {
  return sql<string>`clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)`;
}
