import { type Clock, sleep } from './clock.ts';

/** In a storm callers never stop coming: gathered this long, they cost 100 queries a second at most. Whoever comes alone does not wait. */
const gatherMs = 10;

/**
 * Reads from the database for many who ask at about the same time: every caller's read begins after the call, and
 * however many call at once, two queries serve them all.
 */
export class SharedReads<Value> {
  readonly #clock: Clock;
  readonly #readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;
  #running: Promise<unknown> = Promise.resolve();
  #lastBeganAt = Number.NEGATIVE_INFINITY;
  #next: Round<Value> | null = null;

  /** @param readMany what is not found is absent from its answer; rejects while the database is unreachable */
  constructor(clock: Clock, readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>) {
    this.#clock = clock;
    this.#readMany = readMany;
  }

  async read(keys: Iterable<string>): Promise<ReadonlyMap<string, Value>> {
    this.#next ??= this.#schedule();
    const round = this.#next;
    for (const key of keys) round.keys.add(key);
    return round.values;
  }

  #schedule(): Round<Value> {
    const keys = new Set<string>();
    const values = this.#running.then(async () => {
      const waitMs = this.#lastBeganAt + gatherMs - this.#clock.now();
      if (waitMs > 0) await sleep(this.#clock, waitMs);
      this.#lastBeganAt = this.#clock.now();
      this.#next = null;
      return this.#readMany([...keys]);
    });
    this.#running = values.catch(() => {});
    return { keys, values };
  }
}

interface Round<Value> {
  readonly keys: Set<string>;
  readonly values: Promise<ReadonlyMap<string, Value>>;
}
