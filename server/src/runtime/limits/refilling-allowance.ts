import { ExpiringMap } from '../collections/expiring-map.ts';

/**
 * An amount that each key may use at once, and that refills evenly over a period. An amount is
 * counted when it is used, so a key can use more than it has left, and then waits longer.
 */
export class RefillingAllowance {
  readonly #msPerUnit: number;
  readonly #now: () => number;
  /** The time at which a key has the whole amount again. Absent for a key that has it. */
  readonly #wholeAt: ExpiringMap<number>;

  /** @param now a monotonic clock, in milliseconds */
  constructor(amount: number, periodMs: number, now: () => number) {
    this.#msPerUnit = periodMs / amount;
    this.#now = now;
    this.#wholeAt = new ExpiringMap(now);
  }

  /**
   * The time in milliseconds until the key has the whole amount again. If it is the period or more,
   * nothing is left.
   */
  msUntilWhole(key: string): number {
    return Math.max(0, (this.#wholeAt.get(key) ?? 0) - this.#now());
  }

  use(key: string, amount: number): void {
    const leftMs = this.msUntilWhole(key) + amount * this.#msPerUnit;
    this.#wholeAt.set(key, this.#now() + leftMs, leftMs);
  }
}
