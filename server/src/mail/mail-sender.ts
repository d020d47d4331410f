import type { Db } from '../database/database.ts';
import type { DuePolls } from '../database/due-polls.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { QueueRunner } from '../jobs/queue-runner.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import { type Mail, MailRefusedError } from './mail.ts';
import {
  claimMails,
  giveUpMail,
  isMailQueued,
  postponeMail,
  type QueuedMail,
  type QueueSize,
  readQueueSize,
  removeSentMails,
  renewLeases,
} from './outbox.ts';
import { type RenderContext, renderMail } from './render-mail.ts';
import { nextAttemptOf } from './retry.ts';

/**
 * Concurrent connections to the mail server. Small servers refuse more than ten from one client.
 */
const parallelMax = 4;

export const mailTimes = {
  /**
   * After this time, another process sends the mails of a dead one. It is renewed while the process
   * is alive.
   */
  leaseMs: 15_000,
  renewMs: 5_000,
};
const noMails: QueueSize = { waiting: 0, oldestSeconds: 0 };

export interface MailSenderParts {
  readonly db: Db;
  /** The database for queries on the queue, which need not wait for commands. */
  readonly reads: Db;
  /**
   * Finds mails that other processes queued, and those that are due again. A call of `wake`
   * triggers sending immediately.
   */
  readonly duePolls: DuePolls;
  readonly mail: Mail;
  readonly counters: Counters;
  readonly log: Log;
  readonly failpoints: Failpoints;
  /** @internal For tests. */
  readonly times?: Partial<typeof mailTimes>;
}

/**
 * Sends the mails in the outbox. A mail is claimed, sent outside of any transaction, then removed.
 * If the process dies in between, another sends the mail again with the same Message-ID.
 */
export class MailSender {
  readonly #parts: MailSenderParts;
  readonly #times: typeof mailTimes;
  readonly #runner: QueueRunner<QueuedMail>;
  /** Mails that were sent but not removed, because the database was unavailable. */
  readonly #sentIds = new Set<string>();
  #context: RenderContext | null = null;
  #size: QueueSize = noMails;
  /** The last poll, and the first one since the last long gap between polls. */
  #polledAt = Number.NEGATIVE_INFINITY;
  #polledSince = 0;

  constructor(parts: MailSenderParts) {
    this.#parts = parts;
    this.#times = { ...mailTimes, ...parts.times };
    this.#runner = new QueueRunner(this.#queue(), parts);
  }

  /** The size at the last poll. */
  get queueSize(): QueueSize {
    return this.#size;
  }

  start(context: RenderContext): void {
    this.#context = context;
    this.#runner.start();
  }

  /** Triggers sending. Returns at once. */
  wake(): void {
    this.#runner.wake();
  }

  /** Stops sending. Resolves when the mails in progress are sent, or after a few seconds. */
  stop(): Promise<void> {
    return this.#runner.stop();
  }

  #queue(): JobQueue<QueuedMail> {
    const { db } = this.#parts;
    const { leaseMs, renewMs } = this.#times;
    return {
      name: 'mails',
      every: isMailQueued,
      polled: (isQueued) => this.#measure(isQueued),
      claim: (running) => this.#claim(running),
      execute: (queued) => this.#send(queued),
      renewal: { everyMs: renewMs, renew: (mails) => renewLeases(db, mails, leaseMs) },
      // Only the removal of a sent mail fails. The next claim removes it.
      async fail(_queued, error) {
        throw error;
      },
      // It was sent, so no other instance may send it again.
      async release() {},
    };
  }

  async #measure(isQueued: boolean): Promise<boolean> {
    this.#size = isQueued ? await readQueueSize(this.#parts.reads) : noMails;
    const now = performance.now();
    if (now - this.#polledAt > this.#times.renewMs) this.#polledSince = now;
    this.#polledAt = now;
    return this.#size.waiting > 0;
  }

  async #claim(running: readonly QueuedMail[]): Promise<readonly QueuedMail[]> {
    if (this.#sentIds.size > 0) await this.#removeSent();
    const count = parallelMax - running.length;
    const { leaseMs, renewMs } = this.#times;
    // An outage of the database ends the leases of all senders. Afterwards, each of them needs the
    // time of a renewal to keep its mails, or to remove those that it has sent.
    const takesOver = performance.now() - this.#polledSince > 2 * renewMs;
    return count === 0 ? [] : claimMails(this.#parts.db, leaseMs, { count, except: running, takesOver });
  }

  async #send(queued: QueuedMail): Promise<void> {
    try {
      await this.#parts.mail.send(renderMail(queued, this.#context!));
    } catch (error) {
      return this.#keepForLater(queued, error as Error);
    }
    this.#parts.failpoints.reach('after-mail-sent');
    this.#parts.counters.increment('mailsSent');
    this.#sentIds.add(queued.id);
    await this.#removeSent();
  }

  /**
   * Removes sent mails, including those whose removal failed before. A mail that is not removed
   * would be sent again when its lease ends.
   */
  async #removeSent(): Promise<void> {
    const ids = [...this.#sentIds];
    await removeSentMails(this.#parts.db, ids);
    for (const id of ids) this.#sentIds.delete(id);
  }

  async #keepForLater(queued: QueuedMail, error: Error): Promise<void> {
    const { db, counters, log } = this.#parts;
    const { id, template, attempts } = queued;
    const reason = reasonOf(error);
    counters.increment('mailAttemptsFailed', 1, reason);
    const delayMs = nextAttemptOf(queued, error instanceof MailRefusedError, Date.now(), Math.random());
    if (delayMs === null) {
      counters.increment('mailsGivenUp');
      log.error({ mail: id, template, attempts, reason }, 'gave up on a mail; last_error of its row in mail_outbox contains the reason');
      await giveUpMail(db, queued, error.message);
    } else {
      // Once per mail, because a mail server that is down for long would fill the log.
      const level = attempts === 1 ? 'warn' : 'debug';
      log[level]({ mail: id, template, attempts, reason, delayMs: Math.round(delayMs) }, 'could not send a mail; it will be tried again');
      await postponeMail(db, queued, delayMs, error.message);
    }
  }
}

/** A short reason without addresses: nodemailer's code, or the name of the error. */
function reasonOf(error: Error): string {
  if (error instanceof MailRefusedError) return 'refused';
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && /^[A-Z_]{1,32}$/.test(code) ? code : error.name;
}
