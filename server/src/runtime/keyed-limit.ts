/** Limits how much work with the same key runs at the same time. Work beyond it is refused. */
export class KeyedLimit {
  readonly #running = new Map<string, number>();
  readonly #concurrentMax: number;
  readonly #refuse: () => Error;

  /** @param refuse makes the error for work beyond `concurrentMax` for one key */
  constructor(concurrentMax: number, refuse: () => Error) {
    this.#concurrentMax = concurrentMax;
    this.#refuse = refuse;
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key) ?? 0;
    if (running >= this.#concurrentMax) throw this.#refuse();
    this.#running.set(key, running + 1);
    try {
      return await work();
    } finally {
      const left = this.#running.get(key)! - 1;
      if (left > 0) this.#running.set(key, left);
      else this.#running.delete(key);
    }
  }
}
