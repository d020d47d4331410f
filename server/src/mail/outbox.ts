import { type Selectable, sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { deleteInBatches } from '../database/delete-in-batches.ts';
import { inMs } from '../database/leases.ts';
import type { Schema } from '../database/schema.ts';
import type { Log } from '../runtime/log.ts';
import { type Sweep, sweep } from '../runtime/tasks/sweep.ts';

/**
 * The queries with which senders process the mail queue. Each function is one statement, so that
 * nothing is locked while a mail is sent. A claim has a random lease text until `next_attempt_at`,
 * which older versions also obey. Each later write names the lease and the number of attempts, so a
 * sender whose claim has passed to another one changes nothing. Older versions keep the lease, but
 * count their attempt.
 */

export type QueuedMail = Pick<
  Selectable<Schema['mail_outbox']>,
  'id' | 'message_id' | 'template' | 'params' | 'recipient' | 'attempts' | 'lease' | 'created_at'
>;

export interface MailFilter {
  readonly count: number;
  /** The mails that this sender is sending, also if their leases have ended. */
  readonly except: readonly QueuedMail[];
  /** Whether to take over the mails of senders whose leases have ended. */
  readonly takesOver: boolean;
}

/**
 * Claims mails that are due. They collect no more notices, and other senders skip them for
 * `leaseMs`.
 */
export async function claimMails(db: Db, leaseMs: number, { count, except, takesOver }: MailFilter): Promise<QueuedMail[]> {
  // Materialized, because PostgreSQL could otherwise evaluate the query again for each updated row,
  // and select other rows than those that are locked.
  const { rows } = await sql<QueuedMail>`
    WITH due AS MATERIALIZED (
      SELECT id FROM mail_outbox WHERE failed_at IS NULL AND next_attempt_at <= clock_timestamp()
        AND (lease IS NULL OR ${takesOver}::bool) AND id <> ALL (${except.map(({ id }) => id)}::bigint[])
      ORDER BY next_attempt_at, id LIMIT ${count} FOR UPDATE SKIP LOCKED
    )
    UPDATE mail_outbox SET attempts = attempts + 1, digest_key = NULL, lease = gen_random_uuid()::text, next_attempt_at = ${inMs(leaseMs)}
    FROM due WHERE mail_outbox.id = due.id
    RETURNING mail_outbox.id, message_id, template, params, recipient, attempts, lease, created_at`.execute(db);
  return rows;
}

/** Extends the leases of mails that are being sent. Returns those that this sender still has. */
export async function renewLeases(db: Db, mails: readonly QueuedMail[], leaseMs: number): Promise<ReadonlySet<QueuedMail>> {
  const rows = await db
    .updateTable('mail_outbox')
    .set({ next_attempt_at: inMs(leaseMs) })
    .where((eb) =>
      eb(
        eb.refTuple('lease', 'attempts'),
        'in',
        mails.map(({ lease, attempts }) => eb.tuple(lease, attempts)),
      ),
    )
    .returning('lease')
    .execute();
  const held = new Set(rows.map(({ lease }) => lease));
  return new Set(mails.filter(({ lease }) => held.has(lease)));
}

export async function removeSentMails(db: Db, ids: readonly string[]): Promise<void> {
  await db.deleteFrom('mail_outbox').where('id', 'in', ids).execute();
}

/** Ends the claim and schedules the next attempt. */
export async function postponeMail(db: Db, mail: QueuedMail, delayMs: number, error: string): Promise<void> {
  await claimed(db, mail)
    .set({ lease: null, next_attempt_at: inMs(delayMs), last_error: error })
    .execute();
}

/**
 * Ends the claim and marks the mail as failed. The row stays for the operator: after `failed_at` is
 * set to null, the mail is sent again.
 */
export async function giveUpMail(db: Db, mail: QueuedMail, error: string): Promise<void> {
  await claimed(db, mail).set({ lease: null, failed_at: sql<string>`clock_timestamp()`, last_error: error }).execute();
}

function claimed(db: Db, { id, lease, attempts }: QueuedMail) {
  return db.updateTable('mail_outbox').where('id', '=', id).where('lease', '=', lease).where('attempts', '=', attempts);
}

/**
 * The days for which failed mails are stored, so that an operator can notice them and send them
 * again.
 */
export const failedDaysMax = 30;

/** Deletes failed mails and the ended windows of digests. */
export function oldMailsSweep(db: Db, log: Log): Sweep {
  return sweep(log, {
    name: 'old mails',
    every: 60 * 60 * 1_000,
    async clean() {
      await forgetFailedMails(db, failedDaysMax);
      await forgetOldWindows(db);
    },
  });
}

export async function forgetFailedMails(db: Db, olderThanDays: number): Promise<void> {
  await deleteInBatches(db, 'mail_outbox', sql<boolean>`failed_at < now() - make_interval(days => ${olderThanDays})`);
}

/** Removes the ended windows of digests. */
export async function forgetOldWindows(db: Db): Promise<void> {
  await deleteInBatches(db, 'mail_windows', sql<boolean>`ends_at < now()`);
}

export interface QueueSize {
  /** Queued mails, without digests that still collect notices. */
  readonly waiting: number;
  /** The time since the oldest of them was queued. */
  readonly oldestSeconds: number;
}

/** Whether mails are in the queue, also those that are not due yet. */
export const isMailQueued = sql<boolean>`EXISTS (SELECT FROM mail_outbox WHERE failed_at IS NULL)`;

export async function readQueueSize(db: Db): Promise<QueueSize> {
  const { rows } = await sql<{ waiting: number; oldest: number }>`
    SELECT count(*)::integer AS waiting, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS oldest
    FROM mail_outbox WHERE failed_at IS NULL AND created_at <= clock_timestamp()`.execute(db);
  const { waiting, oldest } = rows[0]!;
  return { waiting, oldestSeconds: oldest };
}
