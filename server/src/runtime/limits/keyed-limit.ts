import { changeCount } from '../metrics/change-count.ts';

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
    if ((this.#running.get(key) ?? 0) >= this.#concurrentMax) throw this.#refuse();
    changeCount(this.#running, key, 1);
    try {
      return await work();
    } finally {
      changeCount(this.#running, key, -1);
    }
  }
}
