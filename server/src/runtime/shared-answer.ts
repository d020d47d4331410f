export interface SharedAnswerOptions<Value> {
  /** An answer is good for so long. */
  readonly ageMsMax: number;
  /** Nobody waits longer for the next one. */
  readonly waitMsMax: number;
  /** What is answered then. */
  readonly late: Value;
}

/** An answer that is worked out once for everybody who asks at about the same time. */
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
