import type { Tx } from '../database/database.ts';
import type { MailToSend } from './templates.ts';

export type { MailToSend } from './templates.ts';

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

export function hasQueuedMail(tx: Tx): boolean {
  return withMail.has(tx);
}
