import { type Clock, systemClock } from './clock.ts';

export interface KeyedSemaphoreLimits {
  /** The work of one key that runs at the same time. */
  readonly concurrentMax: number;
  /** The work of one key that waits. */
  readonly waitingMax: number;
  /** After work that took at least this long, its slot rests, and no work gets it. */
  readonly restMinMs: number;
  readonly restMaxMs: number;
  /** The rest for each millisecond of work. */
  readonly restPerMs: number;
  /** Makes the error for work beyond `waitingMax`. */
  refuse(): Error;
}

interface Slots {
  taken: number;
  readonly waiting: (() => void)[];
}

/**
 * Limits how much work with the same key runs at the same time. Other work of the key waits in
 * order. Keys don't wait for each other.
 */
export class KeyedSemaphore {
  readonly #limits: KeyedSemaphoreLimits;
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Slots>();

  constructor(limits: KeyedSemaphoreLimits, clock: Clock = systemClock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const { concurrentMax, waitingMax, refuse } = this.#limits;
    const slots = this.#byKey.get(key) ?? { taken: 0, waiting: [] };
    if (slots.taken < concurrentMax) {
      slots.taken++;
      this.#byKey.set(key, slots);
    } else {
      if (slots.waiting.length >= waitingMax) throw refuse();
      await new Promise<void>((resolve) => slots.waiting.push(resolve));
    }
    const startedAt = this.#clock.now();
    try {
      return await work();
    } finally {
      this.#rest(key, slots, this.#clock.now() - startedAt);
    }
  }

  #rest(key: string, slots: Slots, tookMs: number): void {
    const { restMinMs, restMaxMs, restPerMs } = this.#limits;
    if (tookMs < restMinMs) this.#release(key, slots);
    else this.#clock.after(Math.min(tookMs * restPerMs, restMaxMs), () => this.#release(key, slots));
  }

  #release(key: string, slots: Slots): void {
    // The slot passes directly to the next waiter, so that no new work can take it in between.
    const next = slots.waiting.shift();
    if (next) next();
    else if (--slots.taken === 0) this.#byKey.delete(key);
  }
}
