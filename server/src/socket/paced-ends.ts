import { type Clock, yieldToLoop } from '../runtime/clock.ts';

/**
 * Closing a connection takes up to 0.2 ms, and the client's response as much again. When one
 * revision ends hundreds of them, the event loop is free for the others every 6 ms.
 */
const endsPerTurn = 32;

/**
 * Sends the last frames of subscriptions that have ended, and closes their connections, a few per
 * event-loop turn.
 */
export class PacedEnds {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #isRunning = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param end must not throw */
  add(end: () => void): void {
    this.#waiting.push(end);
    if (!this.#isRunning) void this.#runAll();
  }

  async #runAll(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      for (const end of this.#waiting.splice(0, endsPerTurn)) end();
      await yieldToLoop(this.#clock);
    }
    this.#isRunning = false;
  }
}
