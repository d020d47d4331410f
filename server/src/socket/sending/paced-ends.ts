import { type Clock, sleep, yieldToLoop } from '../../runtime/clock.ts';

/** Closing a connection takes up to 0.2 ms, and the client's response as much again. */
const endsPerBatch = 16;
/**
 * When more wait, the batches are larger and follow each other in successive event-loop turns, so
 * that thousands are closed within seconds.
 */
const unhurriedMax = 512;
const endsPerHurriedBatch = 32;
/**
 * After each batch, other work gets this many times the batch's duration, so that the steps of
 * other subscribers are not late. 250 connections are then closed within 200 ms.
 */
const pausePerBatch = 2;
/** The longest pause, also after a batch that took long because the machine is busy. */
const pauseMsMax = 6;

/**
 * Sends the last frames of subscriptions that have ended, and closes their connections, a few at a
 * time.
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
      const isHurried = this.#waiting.length > unhurriedMax;
      const startedAt = this.#clock.now();
      for (const end of this.#waiting.splice(0, isHurried ? endsPerHurriedBatch : endsPerBatch)) end();
      const pauseMs = Math.min(pauseMsMax, pausePerBatch * (this.#clock.now() - startedAt));
      if (isHurried || pauseMs < 1) await yieldToLoop(this.#clock);
      else await sleep(this.#clock, pauseMs);
    }
    this.#isRunning = false;
  }
}
