export interface KeyedSemaphoreLimits {
  /** The work of one key that runs at the same time. */
  readonly concurrentMax: number;
  /** The work of one key that waits. */
  readonly waitingMax: number;
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
  readonly #byKey = new Map<string, Slots>();

  constructor(limits: KeyedSemaphoreLimits) {
    this.#limits = limits;
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
    try {
      return await work();
    } finally {
      this.#release(key, slots);
    }
  }

  #release(key: string, slots: Slots): void {
    // The slot passes directly to the next waiter, so that no new work can take it in between.
    const next = slots.waiting.shift();
    if (next) next();
    else if (--slots.taken === 0) this.#byKey.delete(key);
  }
}
