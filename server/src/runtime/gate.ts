/** More wait than will be let in within useful time. */
export class GateFullError extends Error {}

/** Lets in only so many at once; others wait in line, and when the line is long too, they are turned away. */
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
      // Whoever leaves hands their place on, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inside--;
    }
  }
}
