import { faultOf } from '../database/translate-error.ts';
import { sleep } from '../runtime/clock.ts';
import type { Slot } from './admission.ts';
import type { FeedDeps } from './feed-deps.ts';

const retryIntervalMs = 250;
/** The least time between two warnings, so that an outage doesn't fill the log. */
const warnIntervalMs = 10_000;

/**
 * Repeats attempts to subscribe while the database is unavailable. A subscriber waits, and is
 * served once it is back (rule R12).
 */
export class OutageRetries {
  readonly #deps: Pick<FeedDeps, 'clock' | 'log'>;
  #warnedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(deps: Pick<FeedDeps, 'clock' | 'log'>) {
    this.#deps = deps;
  }

  /**
   * Resolves with null when the client no longer waits. Between two attempts the slot is free: an
   * organization that can't be read must not hold up others (rule R11).
   */
  async run<T>(isWanted: () => boolean, slot: Slot, attempt: () => Promise<T>): Promise<T | null> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (faultOf(error) === null) throw error;
        if (this.#isClosed || !isWanted()) return null;
        this.#warn(error);
        await slot.releaseDuring(() => sleep(this.#deps.clock, retryIntervalMs));
      }
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Hundreds of subscriptions may wait for the same reason. */
  #warn(error: unknown): void {
    const now = this.#deps.clock.now();
    if (now - this.#warnedAt < warnIntervalMs) return;
    this.#warnedAt = now;
    this.#deps.log.warn({ error: String(error) }, 'a subscription waits because the database is unavailable');
  }
}
