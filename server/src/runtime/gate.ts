/** The queue is so long that more work could not begin within useful time. */
export class GateFullError extends Error {}

/**
 * A semaphore: it limits how much work runs at the same time. Other work waits in order, and is
 * refused when too much waits.
 */
export class Gate {
  readonly #insideMax: number;
  readonly #waitingMax: number;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limits: { readonly insideMax: number; readonly waitingMax: number }) {
    this.#insideMax = limits.insideMax;
    this.#waitingMax = limits.waitingMax;
  }

  /** @throws GateFullError at once */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside < this.#insideMax) this.#inside++;
    else if (this.#waiting.length < this.#waitingMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else throw new GateFullError();
    try {
      return await work();
    } finally {
      // The slot passes directly to the next waiter, so that no new caller can take it in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inside--;
    }
  }
}
