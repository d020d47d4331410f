import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { type Head, type HeadRow, headFromRow } from '../database/records/read-log.ts';
import { consumerName } from './checkpoints.ts';
import type { Claim, Position } from './claims.ts';

/** One attempt, for the log of deliveries. */
export interface LoggedDelivery {
  readonly eventId: string;
  readonly eventType: string;
  readonly attempt: number;
  readonly ms: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly response: string | null;
}

export interface Progress {
  /** The position in the database. */
  readonly from: Position;
  readonly to: Position;
  /** Null if nothing was delivered, because the events were not visible. */
  readonly delivery: LoggedDelivery | null;
  /** The attempt failed, and `to` is its event. */
  readonly failure?: { readonly attempts: number; readonly error: string; readonly delayMs: number };
  /** Whether the claim is still needed, even if nothing is left to deliver. */
  readonly keepsClaim?: boolean;
}

export interface Saved {
  /** The head of the organization when the progress was saved. */
  readonly head: Head;
  /** The claim has ended, because nothing is left to deliver now. */
  readonly isReleased: boolean;
}

export type ClaimProgress = readonly [claim: Claim, progress: Progress];

type SavedRow = HeadRow & { number: number; is_released: boolean };

/**
 * Saves the progress of one claim. Returns null, and writes nothing, if the claim has ended or a
 * command has moved the consumer.
 */
export async function saveProgress(db: Db, claim: Claim, progress: Progress): Promise<Saved | null> {
  const [saved = null] = await save(db, [[claim, progress]], false);
  return saved;
}

/**
 * Saves the progress of several claims. The result of a claim is null, and nothing of it is
 * written, for the reasons of {@link saveProgress}, or if another transaction has locked the
 * consumer. This statement does not wait for locks: if it waited for one while it holds others, it
 * could cause a deadlock.
 */
export function saveUnlocked(db: Db, all: readonly ClaimProgress[]): Promise<(Saved | null)[]> {
  return save(db, all, true);
}

/** Saves progress, logs the deliveries, and ends the claims that have nothing left to deliver. */
async function save(db: Db, all: readonly ClaimProgress[], skipsLocked: boolean): Promise<(Saved | null)[]> {
  const each = <Value>(pick: (claim: Claim, progress: Progress) => Value) => all.map((one) => pick(...one));
  // Releases the claim if the next attempt is due later, or if everything is delivered. In the
  // second case the next commit starts a run.
  const isReleased = sql`NOT keeps_claim AND (delay_ms IS NOT NULL OR to_revision > org_heads.revision)`;
  const { rows } = await sql<SavedRow>`
    WITH progress AS (
      SELECT progress.* FROM unnest(
        ${each((claim) => claim.orgId)}::bigint[],
        ${each((claim) => consumerName(claim.kind, claim))}::text[],
        ${each((claim) => claim.lease)}::text[],
        ${each((claim) => claim.epoch)}::text[],
        ${each((_, { from }) => from.revision)}::bigint[],
        ${each((_, { from }) => from.index)}::int[],
        ${each((_, { to }) => to.revision)}::bigint[],
        ${each((_, { to }) => to.index)}::int[],
        ${each((_, { keepsClaim = false }) => keepsClaim)}::bool[],
        ${each((_, { failure }) => failure?.attempts ?? 0)}::int[],
        ${each((_, { failure }) => failure?.error ?? null)}::text[],
        ${each((_, { failure }) => failure?.delayMs ?? null)}::float8[],
        ${each((_, { delivery }) => delivery?.eventId ?? null)}::text[],
        ${each((_, { delivery }) => delivery?.eventType ?? null)}::text[],
        ${each((_, { delivery }) => delivery?.attempt ?? null)}::int[],
        ${each((_, { delivery }) => delivery?.ms ?? null)}::int[],
        ${each((_, { delivery }) => delivery?.status ?? null)}::int[],
        ${each((_, { delivery }) => delivery?.error ?? null)}::text[],
        ${each((_, { delivery }) => delivery?.response ?? null)}::text[]
      ) WITH ORDINALITY AS progress (
        org_id, name, of_lease, of_epoch, from_revision, from_index, to_revision, to_index, keeps_claim, failed_attempts, last_failure, delay_ms,
        event_id, event_type, attempt, ms, status, error, response, number
      )
    ), held AS MATERIALIZED (
      SELECT progress.* FROM log_consumers JOIN progress ON organization_id = org_id AND consumer = name
      WHERE lease = of_lease AND epoch = of_epoch AND revision = from_revision AND event_index = from_index
      FOR NO KEY UPDATE OF log_consumers ${skipsLocked ? sql`SKIP LOCKED` : sql``}
    ), saved AS (
      UPDATE log_consumers SET
        revision = to_revision, event_index = to_index, attempts = failed_attempts, last_error = last_failure,
        next_attempt_at = clock_timestamp() + make_interval(secs => delay_ms / 1000),
        failing_since = CASE WHEN delay_ms IS NULL THEN NULL ELSE coalesce(failing_since, clock_timestamp()) END,
        lease = CASE WHEN ${isReleased} THEN NULL ELSE lease END,
        leased_until = CASE WHEN ${isReleased} THEN clock_timestamp() ELSE leased_until END
      FROM held JOIN org_heads ON org_heads.organization_id = org_id
      WHERE log_consumers.organization_id = org_id AND consumer = name
      RETURNING number, next_attempt_at, lease IS NULL AS is_released,
        org_heads.organization_id, org_heads.epoch, org_heads.revision, floor_revision, chain
    ), logged AS (
      INSERT INTO deliveries
        (organization_id, consumer, event_id, event_type, attempt, delivered_at, ms, status, error, response, next_attempt_at)
      SELECT org_id, name, event_id, event_type, attempt, clock_timestamp(), ms, status, error, response, next_attempt_at
      FROM saved JOIN progress USING (number) WHERE event_id IS NOT NULL
    )
    SELECT saved.* FROM saved`.execute(db);
  const saved = new Map(rows.map((row) => [Number(row.number), { head: headFromRow(row), isReleased: row.is_released }]));
  return all.map((_, index) => saved.get(index + 1) ?? null);
}
