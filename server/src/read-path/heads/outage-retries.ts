import { faultOf, isDatabaseGone } from '../../database/translate-error.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { socketLimits } from '../../runtime/limits/rows/sockets.ts';
import type { FeedDeps } from '../feed/feed-deps.ts';
import { TooManyConnectingError } from '../subscriptions/subscription-slots.ts';

/** The pause before the next attempt, unless many wait. */
const retryIntervalMs = 250;
/** With more, all of them pause longer, so that no more than 4,000 attempts begin in a second. */
const unhurriedMax = 1_000;
/** The least time between two warnings, so that an outage doesn't fill the log. */
const warnIntervalMs = 10_000;

/**
 * Repeats attempts to subscribe while the database is unavailable. A subscriber waits, and is
 * served once it is back (rule R12). Between two attempts it takes no place of the admission, so an
 * organization that can't be read concerns no other one (rule R11).
 */
export class OutageRetries {
  readonly #deps: Pick<FeedDeps, 'clock' | 'log'>;
  #waiting = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(deps: Pick<FeedDeps, 'clock' | 'log'>) {
    this.#deps = deps;
  }

  /**
   * Resolves when an attempt has succeeded, or when the client no longer waits.
   * @throws TooManyConnectingError when too many wait
   */
  async run(isWanted: () => boolean, attempt: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (faultOf(error) === null) throw error;
        if (this.#isClosed || !isWanted()) return;
        this.#warn(error);
        await this.#pause();
      }
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  async #pause(): Promise<void> {
    if (this.#waiting >= socketLimits.outageWaiting.value) throw new TooManyConnectingError();
    this.#waiting++;
    await sleep(this.#deps.clock, retryIntervalMs * Math.max(1, this.#waiting / unhurriedMax));
    this.#waiting--;
  }

  /** Hundreds of subscriptions may wait for the same reason. */
  #warn(error: unknown): void {
    const now = this.#deps.clock.now();
    if (now - this.#warnedAt < warnIntervalMs) return;
    this.#warnedAt = now;
    this.#deps.log.warn({ error: String(error) }, 'a subscription waits because the database is unavailable');
  }
}

/**
 * The time in which a read that loses its connection to the database may begin again. A client
 * counts a pong as lost after a second.
 */
const repeatMsMax = 600;

/**
 * Repeats a read that loses its connection. Another connection works unless the database is gone.
 */
export async function repeatRead<T>(clock: Clock, read: () => Promise<T>): Promise<T> {
  const until = clock.now() + repeatMsMax;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!isDatabaseGone(error) || clock.now() + retryIntervalMs > until) throw error;
      await sleep(clock, retryIntervalMs);
    }
  }
}
