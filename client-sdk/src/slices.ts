import type { Clock } from './clock.ts';

/** What a slice needs of its surroundings. */
export interface SliceTimers {
  readonly now: Clock;
  /** Runs once, `ms` later. */
  after(ms: number, run: () => void): () => void;
}

/** Work that comes faster than this is interrupted, so that a page stays smooth and a back end answers while a large copy comes in. */
const sliceMsMax = 8;

/**
 * Does work in the order in which it comes, at once as a rule. A runtime may hand over many frames in one turn of its
 * loop: when they have taken long, what follows waits for the next turn.
 */
export class Slices {
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

  /** What waits is not done. */
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
