import type { Clock } from './clock.ts';

/** The host's timers. */
export interface SliceTimers {
  readonly now: Clock;
  /** Runs once, after `ms`. */
  after(ms: number, run: () => void): () => void;
}

/**
 * The longest work in one piece. Longer work is interrupted, so that a page stays smooth and a back
 * end keeps responding while a large snapshot arrives.
 */
const sliceMsMax = 8;

/**
 * Runs work in order, normally at once. A runtime may deliver many frames in one tick of the event
 * loop. If they have taken too long, the remaining work waits for the next tick.
 */
export class TimeSlicer {
  readonly #timers: SliceTimers;
  #waiting: (() => void)[] = [];
  #spentMs = 0;
  #isPaused = false;
  #isWorking = false;

  constructor(timers: SliceTimers) {
    this.#timers = timers;
  }

  run(work: () => void): void {
    this.#waiting.push(work);
    if (!this.#isPaused && !this.#isWorking) this.#work();
  }

  /** Drops the waiting work, and runs `work` without a pause before it. */
  runInstead(work: () => void): void {
    this.#waiting = [];
    if (this.#isWorking) this.#waiting.push(work);
    else work();
  }

  /** Drops the waiting work. */
  clear(): void {
    this.#waiting = [];
  }

  #work(): void {
    this.#isWorking = true;
    try {
      while (this.#waiting.length > 0 && this.#spentMs < sliceMsMax) this.#do(this.#waiting.shift()!);
    } finally {
      this.#isWorking = false;
    }
    if (this.#spentMs < sliceMsMax) return;
    this.#isPaused = true;
    this.#timers.after(0, () => {
      this.#isPaused = false;
      this.#spentMs = 0;
      this.#work();
    });
  }

  #do(work: () => void): void {
    const startedAt = this.#timers.now();
    work();
    this.#spentMs += this.#timers.now() - startedAt;
  }
}
