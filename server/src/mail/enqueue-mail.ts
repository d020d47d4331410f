import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Tx } from '../database/database.ts';
import { digestItemsMax, digestWindowMinutes } from './digest.ts';
import type { MailToSend } from './templates.ts';

export type { MailToSend } from './templates.ts';

/** A mail that may be one of many about the same thing. */
export type NoticeToSend = MailToSend & {
  /** What the notice is about, such as an organization's id. Notices of one kind about it are collected. */
  readonly about: string;
};

/** Two parameters of a statement would be too many from 65,536 on; require2FA may write to thousands at once. */
const rowsPerStatementMax = 1_000;

/** Transactions that queued mail, until they are gone: whoever commits one then knows that there is something to send. */
const withMail = new WeakSet<Tx>();

/**
 * Queues mail in the caller's own transaction: committed, it will be sent, by whichever instance; rolled back, it never
 * was. Nothing is sent here. After the commit `wakeMail()` has it sent at once; `runCommand` does that by itself.
 */
export async function enqueueMail(tx: Tx, ...mails: readonly MailToSend[]): Promise<void> {
  for (let start = 0; start < mails.length; start += rowsPerStatementMax) {
    const rows = mails.slice(start, start + rowsPerStatementMax);
    await tx
      .insertInto('mail_outbox')
      .values(rows.map(({ template, params, to }) => ({ template, params: JSON.stringify(params), recipient: to })))
      .execute();
    withMail.add(tx);
  }
}

/**
 * Queues notices likewise. The first of a kind about one thing goes to an address at once; those of the next minutes go
 * there in one mail, so that many actions of one person are few mails for another.
 */
export async function enqueueNotices(tx: Tx, ...notices: readonly NoticeToSend[]): Promise<void> {
  const keyed = notices.map((notice) => ({ key: windowKeyOf(notice), ...notice }));
  // One statement updates a row once: a second notice for the same key comes in the next round.
  for (let round = keyed; round.length > 0; ) {
    const first = new Map(round.map((notice) => [notice.key, notice]));
    await insertNotices(tx, JSON.stringify([...first.values()]));
    withMail.add(tx);
    round = round.filter((notice) => first.get(notice.key) !== notice);
  }
}

function windowKeyOf({ template, about, to }: NoticeToSend): string {
  return createHash('sha256')
    .update(JSON.stringify([template, about, to.toLowerCase()]))
    .digest('hex');
}

/** A digest counts as created when its window ends, since it waits for that and for no mail server. */
async function insertNotices(tx: Tx, notices: string): Promise<void> {
  await sql`
    WITH notices AS (
      SELECT key, template, params, "to" FROM jsonb_to_recordset(${notices}::jsonb) AS notice (key text, template text, params jsonb, "to" text)
    ), open_windows AS (
      SELECT key, ends_at FROM mail_windows JOIN notices USING (key) WHERE ends_at > clock_timestamp()
    ), opened AS (
      INSERT INTO mail_windows (key, ends_at)
      SELECT key, clock_timestamp() + make_interval(mins => ${digestWindowMinutes}::integer)
      FROM notices WHERE key NOT IN (SELECT key FROM open_windows)
      ON CONFLICT (key) DO UPDATE SET ends_at = excluded.ends_at
    )
    INSERT INTO mail_outbox (template, params, recipient, digest_key, next_attempt_at, created_at)
    SELECT
      CASE WHEN ends_at IS NULL THEN template ELSE 'digest' END,
      CASE WHEN ends_at IS NULL THEN params
        ELSE jsonb_build_object('of', template, 'items', jsonb_build_array(params), 'more', 0) END,
      "to",
      CASE WHEN ends_at IS NULL THEN NULL ELSE key END,
      coalesce(ends_at, clock_timestamp()),
      coalesce(ends_at, clock_timestamp())
    FROM notices LEFT JOIN open_windows USING (key)
    ON CONFLICT (digest_key) WHERE digest_key IS NOT NULL DO UPDATE SET params = CASE
      WHEN jsonb_array_length(mail_outbox.params -> 'items') < ${digestItemsMax}::integer
      THEN jsonb_set(mail_outbox.params, '{items}', (mail_outbox.params -> 'items') || (excluded.params -> 'items'))
      ELSE jsonb_set(mail_outbox.params, '{more}', to_jsonb((mail_outbox.params ->> 'more')::integer + 1))
    END`.execute(tx);
}

export function hasQueuedMail(tx: Tx): boolean {
  return withMail.has(tx);
}
