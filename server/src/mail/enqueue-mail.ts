import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Tx } from '../database/database.ts';
import { digestItemsMax, digestWindowMinutes } from './digest.ts';
import type { MailToSend } from './template-list.ts';

export type { MailToSend } from './template-list.ts';

/** A mail that may be one of many about the same subject. */
export type NoticeToSend = MailToSend & {
  /** The subject, such as an organization's id. Notices of one kind about it are collected. */
  readonly about: string;
};

/** One of many mails that are sent over a longer time. */
export type DelayedMail = MailToSend & { readonly afterSeconds: number };

export type OutgoingMail = MailToSend | NoticeToSend | DelayedMail;

/**
 * A statement has at most 65,535 parameters, and `require2FA` may mail thousands of members at
 * once.
 */
const rowsPerStatementMax = 1_000;

/**
 * Queues mail in the caller's transaction. If the transaction commits, any instance sends it. If it
 * is rolled back, the mail was never queued. Call `wakeMail()` after the commit to send it at once.
 */
export async function enqueueMail(tx: Tx, mails: readonly OutgoingMail[]): Promise<void> {
  await enqueueNotices(tx, mails.filter(isNotice));
  const single = mails.filter((mail) => !isNotice(mail));
  for (let start = 0; start < single.length; start += rowsPerStatementMax) {
    const rows = single.slice(start, start + rowsPerStatementMax);
    await tx
      .insertInto('mail_outbox')
      .values(
        rows.map((mail) => {
          const dueAt = sql<string>`clock_timestamp() + make_interval(secs => ${'afterSeconds' in mail ? mail.afterSeconds : 0})`;
          const columns = { template: mail.template, params: JSON.stringify(mail.params), recipient: mail.to };
          return { ...columns, next_attempt_at: dueAt, created_at: dueAt };
        }),
      )
      .execute();
  }
}

function isNotice(mail: OutgoingMail): mail is NoticeToSend {
  return 'about' in mail;
}

/**
 * Queues notices. The first notice of a kind about one subject is sent to an address immediately.
 * Later notices within the window are combined into one mail, so that many actions by one person
 * cause few mails to another.
 */
async function enqueueNotices(tx: Tx, notices: readonly NoticeToSend[]): Promise<void> {
  const keyed = notices.map((notice) => ({ key: windowKeyOf(notice), ...notice }));
  // A statement updates each row only once, so a second notice with the same key goes into the next
  // round.
  for (let round = keyed; round.length > 0; ) {
    const first = new Map(round.map((notice) => [notice.key, notice]));
    await insertNotices(tx, JSON.stringify([...first.values()]));
    round = round.filter((notice) => first.get(notice.key) !== notice);
  }
}

function windowKeyOf({ template, about, to }: NoticeToSend): string {
  return createHash('sha256')
    .update(JSON.stringify([template, about, to.toLowerCase()]))
    .digest('hex');
}

/**
 * The creation time of a digest is the end of its window, because only the window delays it, not a
 * mail server.
 */
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
