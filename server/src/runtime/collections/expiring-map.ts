/**
 * Values by key, each with its own expiry. Setting a value removes expired ones, so memory is
 * bounded although most keys are never read again.
 */
export class ExpiringMap<Value> {
  readonly #now: () => number;
  /** In the order in which they were set. */
  readonly #entries = new Map<string, { readonly value: Value; readonly endsAt: number }>();

  /** @param now a monotonic clock, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The values that are in memory, including expired ones that were not removed yet. */
  get size(): number {
    return this.#entries.size;
  }

  /** Undefined if there is no value, or if it has expired. */
  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.endsAt > this.#now() ? entry.value : undefined;
  }

  /** The keys that have not expired. */
  keys(): string[] {
    const now = this.#now();
    return [...this.#entries].flatMap(([key, { endsAt }]) => (endsAt > now ? [key] : []));
  }

  set(key: string, value: Value, forMs: number): void {
    const now = this.#now();
    // A key that is set again moves to the end. At its old position, it would keep the expired
    // values after it in memory.
    this.#entries.delete(key);
    for (const [known, { endsAt }] of this.#entries) {
      if (endsAt > now) break;
      this.#entries.delete(known);
    }
    this.#entries.set(key, { value, endsAt: now + forMs });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
