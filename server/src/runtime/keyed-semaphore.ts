interface Slots {
  taken: number;
  readonly waiting: (() => void)[];
}

/**
 * Limits how much work with the same key runs at the same time. Other work of the key waits in
 * order. Keys don't wait for each other.
 */
export class KeyedSemaphore {
  readonly #byKey = new Map<string, Slots>();
  readonly #concurrentMax: number;
  readonly #waitingMax: number;
  readonly #refuse: () => Error;

  /**
   * @param concurrentMax the work of one key that runs at the same time
   * @param refuse makes the error for work beyond `waitingMax` for one key
   */
  constructor(concurrentMax: number, waitingMax: number, refuse: () => Error) {
    this.#concurrentMax = concurrentMax;
    this.#waitingMax = waitingMax;
    this.#refuse = refuse;
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const slots = this.#byKey.get(key) ?? { taken: 0, waiting: [] };
    if (slots.taken < this.#concurrentMax) {
      slots.taken++;
      this.#byKey.set(key, slots);
    } else {
      if (slots.waiting.length >= this.#waitingMax) throw this.#refuse();
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
