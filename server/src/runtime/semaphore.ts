/** The queue is so long that more work could not begin within useful time. */
export class SemaphoreFullError extends Error {}

/**
 * Limits how much work runs at the same time. Other work waits in order, and is
 * refused when too much waits.
 */
export class Semaphore {
  readonly #concurrentMax: number;
  readonly #waitingMax: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limits: { readonly concurrentMax: number; readonly waitingMax: number }) {
    this.#concurrentMax = limits.concurrentMax;
    this.#waitingMax = limits.waitingMax;
  }

  /** @throws SemaphoreFullError at once */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#concurrentMax) this.#running++;
    else if (this.#waiting.length < this.#waitingMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else throw new SemaphoreFullError();
    try {
      return await work();
    } finally {
      // The slot passes directly to the next waiter, so that no new caller can take it in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
