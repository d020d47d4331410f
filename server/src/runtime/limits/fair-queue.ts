/** A waiter and its keys: one key per ring, such as a network and an account. */
export interface Waiter {
  readonly keys: readonly string[];
}

/**
 * Waiters in the order in which they are served. Each ring rotates over its keys, one waiter per
 * key, and the rings alternate. A key with many waiters therefore delays a waiter of another key by
 * about one rotation, in each ring.
 */
export class FairQueue<W extends Waiter> {
  /**
   * Keys in the order in which they are served next. A set keeps its waiters in the order of
   * arrival.
   */
  readonly #rings: readonly Map<string, Set<W>>[];
  readonly #waiters = new Set<W>();
  #nextRing = 0;

  constructor(ringCount: number) {
    this.#rings = Array.from({ length: ringCount }, () => new Map());
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** The number of waiters of one key. */
  sizeOf(ring: number, key: string): number {
    return this.#rings[ring]!.get(key)?.size ?? 0;
  }

  add(waiter: W): void {
    this.#waiters.add(waiter);
    for (const [ring, key] of this.#ringsOf(waiter)) {
      const waiters = ring.get(key);
      if (waiters) waiters.add(waiter);
      else ring.set(key, new Set([waiter]));
    }
  }

  /** Returns false if the waiter no longer waits. */
  remove(waiter: W): boolean {
    if (!this.#waiters.delete(waiter)) return false;
    for (const [ring, key] of this.#ringsOf(waiter)) {
      const waiters = ring.get(key)!;
      waiters.delete(waiter);
      if (waiters.size === 0) ring.delete(key);
    }
    return true;
  }

  /**
   * Removes the next waiter. Its keys move to the end of their rings. Returns null if no waiter may
   * be taken.
   * @param mayTake false skips the key of this waiter, which keeps its position. In another ring, a
   * waiter behind it may be the first of its key, so the other rings are examined too
   */
  take(mayTake: (waiter: W) => boolean = () => true): W | null {
    for (const _ of this.#rings) {
      const ring = this.#rings[this.#nextRing]!;
      this.#nextRing = (this.#nextRing + 1) % this.#rings.length;
      const waiter = firstThat(mayTake, ring.values());
      if (waiter === null) continue;
      this.remove(waiter);
      this.#rotate(waiter);
      return waiter;
    }
    return null;
  }

  #rotate(waiter: W): void {
    for (const [ring, key] of this.#ringsOf(waiter)) {
      const waiters = ring.get(key);
      if (!waiters) continue;
      ring.delete(key);
      ring.set(key, waiters);
    }
  }

  /**
   * Finds the key of the first ring that has the most waiters, and returns the latest of them. Null
   * if there is no waiter.
   */
  latestOfLongest(): W | null {
    let longest: ReadonlySet<W> = new Set();
    for (const waiters of this.#rings[0]!.values()) if (waiters.size > longest.size) longest = waiters;
    return [...longest].at(-1) ?? null;
  }

  #ringsOf({ keys }: W): (readonly [Map<string, Set<W>>, string])[] {
    return this.#rings.map((ring, index) => [ring, keys[index]!] as const);
  }
}

/** Examines the first waiter of each key. */
function firstThat<W>(mayTake: (waiter: W) => boolean, keys: Iterable<ReadonlySet<W>>): W | null {
  for (const [first] of keys) if (first !== undefined && mayTake(first)) return first;
  return null;
}
