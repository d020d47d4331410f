export interface SharedAnswerOptions<Value> {
  /** The time for which a value is reused. */
  readonly ageMsMax: number;
  /** The time after which a caller stops waiting for a new value. */
  readonly waitMsMax: number;
  /** The value that the caller then gets. */
  readonly late: Value;
}

/** A value that is computed once for all callers of about the same time. */
export class SharedAnswer<Value> {
  readonly #make: () => Promise<Value>;
  readonly #options: SharedAnswerOptions<Value>;
  #answer: { readonly value: Value; readonly madeAt: number } | null = null;
  #making: Promise<Value> | null = null;

  constructor(make: () => Promise<Value>, options: SharedAnswerOptions<Value>) {
    this.#make = make;
    this.#options = options;
  }

  /** @throws what `make` throws */
  async read(): Promise<Value> {
    if (this.#answer && performance.now() - this.#answer.madeAt < this.#options.ageMsMax) return this.#answer.value;
    this.#making ??= this.#makeInTime();
    return this.#making;
  }

  async #makeInTime(): Promise<Value> {
    const { waitMsMax, late } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<Value>((resolve) => {
      timer = setTimeout(() => resolve(late), waitMsMax);
    });
    try {
      const value = await Promise.race([this.#make(), tooLate]);
      this.#answer = { value, madeAt: performance.now() };
      return value;
    } finally {
      clearTimeout(timer);
      this.#making = null;
    }
  }
}
