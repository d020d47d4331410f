import { type Clock, yieldToLoop } from '../runtime/clock.ts';

/**
 * Closing a connection takes about 0.2 ms, and the client's response as much again. When one
 * revision ends hundreds of them, the event loop is free for the others every 15 ms.
 */
const closesPerTurn = 64;

/** Closes connections whose subscriptions have ended already, a few per event-loop turn. */
export class PacedCloses {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #isClosing = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param close must not throw */
  add(close: () => void): void {
    this.#waiting.push(close);
    if (!this.#isClosing) void this.#closeAll();
  }

  async #closeAll(): Promise<void> {
    this.#isClosing = true;
    while (this.#waiting.length > 0) {
      for (const close of this.#waiting.splice(0, closesPerTurn)) close();
      await yieldToLoop(this.#clock);
    }
    this.#isClosing = false;
  }
}
