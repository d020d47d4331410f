/** Runs work with the same key one at a time. */
export class KeyedMutex {
  readonly #latest = new Map<string, { readonly work: Promise<unknown>; waiting: number }>();
  readonly #waitingMax: number;
  readonly #refuse: () => Error;

  /** @param refuse makes the error for work beyond `waitingMax` for one key */
  constructor(waitingMax: number, refuse: () => Error) {
    this.#waitingMax = waitingMax;
    this.#refuse = refuse;
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#latest.get(key);
    const waiting = before ? before.waiting + 1 : 0;
    if (waiting > this.#waitingMax) throw this.#refuse();
    const working = (before?.work ?? Promise.resolve()).then(work, work);
    const latest = { work: working, waiting };
    this.#latest.set(key, latest);
    try {
      return await working;
    } finally {
      const last = this.#latest.get(key)!;
      if (last === latest) this.#latest.delete(key);
      else last.waiting--;
    }
  }
}
