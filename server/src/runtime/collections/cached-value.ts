export interface CachedValueOptions<Value> {
  /** The time for which a value is reused. */
  readonly ageMsMax: number;
  /** The time after which a caller stops waiting for a new value. */
  readonly waitMsMax: number;
  /** The value that the caller then gets. */
  readonly fallback: Value;
}

/** A value that is computed once for all callers of about the same time. */
export class CachedValue<Value> {
  readonly #compute: () => Promise<Value>;
  readonly #options: CachedValueOptions<Value>;
  #latest: { readonly value: Value; readonly computedAt: number } | null = null;
  #computing: Promise<Value> | null = null;

  constructor(compute: () => Promise<Value>, options: CachedValueOptions<Value>) {
    this.#compute = compute;
    this.#options = options;
  }

  /** @throws what `compute` throws */
  async read(): Promise<Value> {
    if (this.#latest && performance.now() - this.#latest.computedAt < this.#options.ageMsMax) return this.#latest.value;
    this.#computing ??= this.#computeInTime();
    return this.#computing;
  }

  async #computeInTime(): Promise<Value> {
    const { waitMsMax, fallback } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<Value>((resolve) => {
      timer = setTimeout(() => resolve(fallback), waitMsMax);
    });
    try {
      const value = await Promise.race([this.#compute(), tooLate]);
      this.#latest = { value, computedAt: performance.now() };
      return value;
    } finally {
      clearTimeout(timer);
      this.#computing = null;
    }
  }
}
