import { type Selectable, sql } from 'kysely';
import type { Db } from '../database/database.ts';
import type { Schema } from '../database/schema.ts';

/**
 * The queue of mails, as its senders see it. Each function is one statement of its own, so that nothing is locked
 * while a mail server is talked to.
 */

export type QueuedMail = Pick<
  Selectable<Schema['mail_outbox']>,
  'id' | 'message_id' | 'template' | 'params' | 'recipient' | 'attempts' | 'created_at'
>;

/**
 * Takes mails that are due, which collect no more notices then, and keeps other senders from them for `leaseMs`. Whoever dies meanwhile loses none: then
 * they are due again.
 */
export async function claimMails(db: Db, count: number, leaseMs: number): Promise<QueuedMail[]> {
  // Materialized: were the rows looked up anew for each that is updated, others than those that are locked could be.
  const { rows } = await sql<QueuedMail>`
    WITH due AS MATERIALIZED (
      SELECT id FROM mail_outbox WHERE failed_at IS NULL AND next_attempt_at <= clock_timestamp()
      ORDER BY next_attempt_at, id LIMIT ${count} FOR UPDATE SKIP LOCKED
    )
    UPDATE mail_outbox SET attempts = attempts + 1, digest_key = NULL, next_attempt_at = ${inMs(leaseMs)}
    FROM due WHERE mail_outbox.id = due.id
    RETURNING mail_outbox.id, message_id, template, params, recipient, attempts, created_at`.execute(db);
  return rows;
}

/** Keeps others from mails that are still being sent. */
export async function renewLeases(db: Db, ids: readonly string[], leaseMs: number): Promise<void> {
  await db
    .updateTable('mail_outbox')
    .set({ next_attempt_at: inMs(leaseMs) })
    .where('id', 'in', ids)
    .where('failed_at', 'is', null)
    .execute();
}

/** A sent mail leaves nothing behind. */
export async function removeSentMails(db: Db, ids: readonly string[]): Promise<void> {
  await db.deleteFrom('mail_outbox').where('id', 'in', ids).execute();
}

/** Nothing happens when another sender has taken the mail since. */
export async function postponeMail(db: Db, { id, attempts }: QueuedMail, delayMs: number, error: string): Promise<void> {
  await db
    .updateTable('mail_outbox')
    .set({ next_attempt_at: inMs(delayMs), last_error: error })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .execute();
}

/** The row stays for the operator to look at: with `failed_at` set to null again it is tried once more. */
export async function giveUpMail(db: Db, { id, attempts }: QueuedMail, error: string): Promise<void> {
  await db
    .updateTable('mail_outbox')
    .set({ failed_at: sql<string>`clock_timestamp()`, last_error: error })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .execute();
}

export async function forgetFailedMails(db: Db, olderThanDays: number): Promise<void> {
  await db
    .deleteFrom('mail_outbox')
    .where('failed_at', '<', sql<string>`clock_timestamp() - make_interval(days => ${olderThanDays})`)
    .execute();
}

/** Windows in which notices were collected. */
export async function forgetOldWindows(db: Db): Promise<void> {
  await db.deleteFrom('mail_windows').where('ends_at', '<', sql<string>`clock_timestamp()`).execute();
}

export interface QueueSize {
  /** Without digests that still collect. */
  readonly waiting: number;
  /** Since the oldest of them was queued. */
  readonly oldestSeconds: number;
}

export async function readQueueSize(db: Db): Promise<QueueSize> {
  const { rows } = await sql<{ waiting: number; oldest: number }>`
    SELECT count(*)::integer AS waiting, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS oldest
    FROM mail_outbox WHERE failed_at IS NULL AND created_at <= clock_timestamp()`.execute(db);
  const { waiting, oldest } = rows[0]!;
  return { waiting, oldestSeconds: oldest };
}

function inMs(ms: number) {
  return sql<string>`clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)`;
}
