import { type Clock, sleep, yieldToLoop } from '../runtime/clock.ts';

/** The time in which an instance sends a step to 1,000 subscribers, and they process it. */
const pauseMs = 20;
/** The least time between two pauses, so that deliveries go on under any load. */
const workMs = 20;

/**
 * Paces the deliveries of an instance, so that subscribers get each change first. Deliveries begin
 * in different event-loop turns, and none begins shortly after a feed has advanced.
 */
export class DeliveryPace {
  readonly #clock: Clock;
  readonly #lastAdvancedAt: () => number;
  #last: Promise<void> = Promise.resolve();
  #pausedUntil = Number.NEGATIVE_INFINITY;

  /** @param lastAdvancedAt when a feed of this process last advanced, on the same clock */
  constructor(clock: Clock, lastAdvancedAt: () => number) {
    this.#clock = clock;
    this.#lastAdvancedAt = lastAdvancedAt;
  }

  /** Resolves when the next delivery may begin. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => this.#wait());
    return this.#last;
  }

  async #wait(): Promise<void> {
    await yieldToLoop(this.#clock);
    const advancedAt = this.#lastAdvancedAt();
    if (advancedAt >= this.#pausedUntil + workMs) this.#pausedUntil = advancedAt + pauseMs;
    const waitMs = this.#pausedUntil - this.#clock.now();
    if (waitMs > 0) await sleep(this.#clock, waitMs);
  }
}
