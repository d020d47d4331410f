import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../database/database.ts';
import type { DuePolls } from '../database/due-polls.ts';
import type { Counters } from '../runtime/counters.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import type { Log } from '../runtime/log.ts';
import { startSweep } from '../runtime/start-sweep.ts';
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
/**
 * After this time, another process sends the mails of a dead one. It is renewed while the process
 * is alive.
 */
const leaseMs = 15_000;
const renewMs = 5_000;
/** Mails in progress may be finished when the process stops. The lease covers the others. */
const stopMsMax = 4_000;
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
}

/**
 * Sends the mails in the outbox. Any number of instances may do so at once. A mail is claimed for
 * some time, sent outside of any transaction, then removed. If the process dies in between, another
 * sends the mail again with the same Message-ID.
 */
export class MailSender {
  readonly #parts: MailSenderParts;
  readonly #underWay = new Map<string, Promise<void>>();
  /** Mails that were sent but not removed, because the database was unavailable. */
  readonly #sentIds = new Set<string>();
  readonly #timers: AsyncDisposable[] = [];
  #context: RenderContext | null = null;
  #claiming: Promise<void> | null = null;
  #isWoken = false;
  #size: QueueSize = noMails;

  constructor(parts: MailSenderParts) {
    this.#parts = parts;
  }

  /** The size at the last poll. */
  get queueSize(): QueueSize {
    return this.#size;
  }

  start(context: RenderContext): void {
    this.#context = context;
    this.#timers.push(
      this.#parts.duePolls.add({ isDue: isMailQueued, poll: (isQueued) => this.#poll(isQueued) }),
      startSweep(renewMs, () => this.#renew()),
    );
  }

  /** Triggers sending. Returns at once. */
  wake(): void {
    this.#isWoken = true;
    if (this.#context) this.#claiming ??= this.#claimWhileWoken();
  }

  /** Stops sending. Resolves when the mails in progress are sent, or after a few seconds. */
  async stop(): Promise<void> {
    this.#context = null;
    for (const timer of this.#timers.splice(0)) await timer[Symbol.asyncDispose]();
    await this.#claiming;
    const giveUp = new AbortController();
    const timeout = sleep(stopMsMax, null, { signal: giveUp.signal }).catch(() => {});
    await Promise.race([Promise.all(this.#underWay.values()), timeout]);
    giveUp.abort();
  }

  async #poll(isQueued: boolean): Promise<void> {
    if (!isQueued) {
      this.#size = noMails;
      return;
    }
    await this.#orWarn(
      readQueueSize(this.#parts.reads).then((size) => {
        this.#size = size;
        if (size.waiting > 0) this.wake();
      }),
    );
  }

  async #renew(): Promise<void> {
    if (this.#underWay.size > 0) await this.#orWarn(renewLeases(this.#parts.db, [...this.#underWay.keys()], leaseMs));
  }

  async #claimWhileWoken(): Promise<void> {
    while (this.#isWoken && this.#context) {
      this.#isWoken = false;
      await this.#orWarn(this.#claim(this.#context));
    }
    this.#claiming = null;
  }

  /** Claims as many mails as can be sent now. Each one that ends triggers the next claim. */
  async #claim(context: RenderContext): Promise<void> {
    if (this.#sentIds.size > 0) await this.#removeSent();
    const room = parallelMax - this.#underWay.size;
    if (room === 0) return;
    for (const queued of await claimMails(this.#parts.db, room, leaseMs)) {
      const sending = this.#orWarn(this.#send(queued, context)).finally(() => {
        this.#underWay.delete(queued.id);
        this.wake();
      });
      this.#underWay.set(queued.id, sending);
    }
  }

  async #send(queued: QueuedMail, context: RenderContext): Promise<void> {
    try {
      await this.#parts.mail.send(renderMail(queued, context));
    } catch (error) {
      await this.#keepForLater(queued, error as Error);
      return;
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

  /** Only the database can fail here, so the next poll tries again. */
  async #orWarn(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#parts.log.warn({ error: String(error) }, 'could not read or update the mail queue; the next poll tries again');
    }
  }
}

/** A short reason without addresses: nodemailer's code, or the name of the error. */
function reasonOf(error: Error): string {
  if (error instanceof MailRefusedError) return 'refused';
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && /^[A-Z_]{1,32}$/.test(code) ? code : error.name;
}
