import { sql } from 'kysely';
import type { Db, Tx } from '../database/database.ts';
import type { ConsumerRef } from './log-consumer.ts';

/**
 * The checkpoints of consumers, as commands change them: in their own transaction, under the
 * organization's lock. The runner advances a checkpoint only from the position that it read. So it
 * never overwrites a move that was made during a delivery.
 */

export function consumerName(kind: string, { recordId }: ConsumerRef): string {
  return `${kind}:${recordId}`;
}

export function parseConsumerName(name: string): { readonly kind: string; readonly recordId: string } {
  const [kind = '', recordId = ''] = name.split(':');
  return { kind, recordId };
}

/**
 * Starts a consumer in the `persistSideEffects` of the command that creates its record. The first
 * revision that it gets is the one after that command's.
 * @param host the name and port that the consumer calls. Null if it has none of its own.
 */
export async function startConsumer(tx: Tx, ref: ConsumerRef, kind: string, host: string | null): Promise<void> {
  // The head already has the command's revision.
  await sql`
    INSERT INTO log_consumers (organization_id, consumer, epoch, revision, host)
    SELECT organization_id, ${consumerName(kind, ref)}, epoch::text, revision + 1, ${host}
    FROM org_heads WHERE organization_id = ${ref.orgId}`.execute(tx);
}

/**
 * Removes the checkpoint. A delivery in progress may still end, but is not logged. The retention
 * job deletes the log of deliveries, which may have too many rows for the transaction of a command.
 */
export async function stopConsumer(tx: Tx, ref: ConsumerRef, kind: string): Promise<void> {
  await tx.deleteFrom('log_consumers').where('organization_id', '=', ref.orgId).where('consumer', '=', consumerName(kind, ref)).execute();
}

/**
 * Switches the consumer on or off. A consumer that is switched on continues at its position, and
 * its count of attempts starts again. If the log no longer has that revision, it continues with the
 * oldest one. The claim of a delivery in progress ends, because its result belongs to the former
 * connection.
 */
export async function setConsumerActive(tx: Tx, ref: ConsumerRef, kind: string, isActive: boolean): Promise<void> {
  if (!isActive) {
    await updateConsumer(tx, ref, kind).set({ is_active: false }).execute();
    return;
  }
  const floor = tx.selectFrom('org_heads').select('floor_revision').where('organization_id', '=', ref.orgId);
  await updateConsumer(tx, ref, kind)
    .set({ is_active: true, ...firstAttempt, ...unclaimed })
    .execute();
  await updateConsumer(tx, ref, kind)
    .set({ revision: sql<string>`(${floor}) + 1`, event_index: 0 })
    .where('revision', '<=', floor)
    .execute();
}

/**
 * Sets the host that the consumer calls. The next attempt is due at once, and the claim of a
 * delivery in progress ends.
 */
export async function setConsumerHost(tx: Tx, ref: ConsumerRef, kind: string, host: string | null): Promise<void> {
  await updateConsumer(tx, ref, kind)
    .set({ host, next_attempt_at: null, ...unclaimed })
    .execute();
}

/**
 * `skip` gives up the event that failed. `fromRevision` is the first revision to deliver again.
 */
export type ConsumerMove = 'skip' | { readonly fromRevision: number };

/**
 * Moves the consumer. Returns false, and changes nothing, if there is no failed event to skip, or
 * if `fromRevision` is not in the log: below the floor, or above the head. The consumer continues
 * in the epoch of the organization, so a move replaces a `history.replaced` that was not delivered.
 */
export async function moveConsumer(tx: Tx, ref: ConsumerRef, kind: string, move: ConsumerMove): Promise<boolean> {
  const update = updateConsumer(tx, ref, kind)
    .from('org_heads')
    .whereRef('org_heads.organization_id', '=', 'log_consumers.organization_id')
    .set({ ...firstAttempt, epoch: sql<string>`org_heads.epoch::text` });
  const { numUpdatedRows } =
    move === 'skip'
      ? await update.set(afterFailedEvent).where('attempts', '>', 0).executeTakeFirst()
      : await update
          .set({ revision: String(move.fromRevision), event_index: 0 })
          .where('org_heads.floor_revision', '<', String(move.fromRevision))
          .where('org_heads.revision', '>=', String(move.fromRevision))
          .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Whether the event that failed is `history.replaced`: in another epoch, or beyond the log, the
 * position is not that of an event.
 */
const failedHistory = sql`(log_consumers.epoch <> org_heads.epoch::text OR log_consumers.revision > org_heads.revision)`;

/** The position after the event that failed. That of `history.replaced` is the end of the log. */
const afterFailedEvent = {
  revision: sql<string>`CASE WHEN ${failedHistory} THEN org_heads.revision + 1 ELSE log_consumers.revision END`,
  event_index: sql<number>`CASE WHEN ${failedHistory} THEN 0 ELSE event_index + 1 END`,
};

/**
 * The commit time of the next revision of a row of `log_consumers`. Null if every revision is
 * delivered.
 */
export const oldestUnsentAt = sql<string | null>`(
  SELECT committed_at FROM change_log
  WHERE change_log.organization_id = log_consumers.organization_id AND change_log.revision >= log_consumers.revision
  ORDER BY change_log.revision, idx LIMIT 1
)`;

export interface ConsumerState {
  /** The next event. */
  readonly cursor: { readonly revision: number; readonly index: number };
  /** The revision of the organization. */
  readonly head: number;
  /** The number of revisions that are not completely delivered. */
  readonly behind: number;
  /** Failed attempts of the next event. */
  readonly attempts: number;
  /** ISO 8601. Null if no event failed. */
  readonly nextAttemptAt: string | null;
  readonly lastError: string | null;
  /** The commit time of the next revision, in ISO 8601. Null if every revision is delivered. */
  readonly oldestUnsentAt: string | null;
}

/** Returns null if there is no such consumer. */
export async function readConsumer(db: Db, ref: ConsumerRef, kind: string): Promise<ConsumerState | null> {
  const { rows } = await sql<{
    revision: string;
    event_index: number;
    head: string;
    attempts: number;
    next_attempt_at: string | null;
    last_error: string | null;
    oldest: string | null;
  }>`
    SELECT log_consumers.revision, event_index, org_heads.revision AS head, attempts, next_attempt_at, last_error,
      ${oldestUnsentAt} AS oldest
    FROM log_consumers JOIN org_heads USING (organization_id)
    WHERE organization_id = ${ref.orgId} AND consumer = ${consumerName(kind, ref)}`.execute(db);
  const [row] = rows;
  if (!row) return null;
  const [revision, head] = [Number(row.revision), Number(row.head)];
  return {
    cursor: { revision, index: row.event_index },
    head,
    behind: Math.max(0, head - revision + 1),
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    lastError: row.last_error,
    oldestUnsentAt: row.oldest,
  };
}

const firstAttempt = { attempts: 0, next_attempt_at: null, last_error: null, failing_since: null };

const unclaimed = { lease: null, leased_until: null };

function updateConsumer(tx: Tx, ref: ConsumerRef, kind: string) {
  return tx
    .updateTable('log_consumers')
    .where('log_consumers.organization_id', '=', ref.orgId)
    .where('consumer', '=', consumerName(kind, ref));
}
