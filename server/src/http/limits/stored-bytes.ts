import { OrgError } from '@rollcall/protocol';
import type { Limits } from '../../runtime/limits/limits.ts';
import { RefillingAllowance } from '../../runtime/limits/refilling-allowance.ts';
import { storedLimits } from '../../runtime/limits/rows/stored.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';

const hourMs = 60 * 60 * 1_000;

/**
 * Limits the bytes that the writes of a caller store: changes, audit entries, and responses for a
 * retry. A request of a few bytes can store a whole record twice, and send it to each subscriber.
 *
 * A caller may use the bytes of an hour at once. The allowance refills evenly over the next hour. A
 * write is counted once its size is known, so it may exceed the limit, and the caller then waits.
 * Each instance counts by itself.
 */
export class StoredBytes {
  readonly #counters: Counters;
  readonly #allowance: RefillingAllowance;

  /** @param now a monotonic clock, in milliseconds */
  constructor(limits: Pick<Limits, 'storedBytesPerCaller'>, counters: Counters, now: () => number = () => performance.now()) {
    this.#counters = counters;
    this.#allowance = new RefillingAllowance(limits.storedBytesPerCaller, hourMs, now);
  }

  /**
   * @param owner as `ownerOfStoredBytes` returns it
   * @throws OrgError `rate-limited` if the owner has no bytes left
   */
  assertWithin(owner: string | null, endsAccess: boolean): void {
    if (owner === null) return;
    const overMs = this.#allowance.msUntilWhole(owner) - hourMs * (endsAccess ? storedLimits.endingShare.value : 1);
    if (overMs <= 0) return;
    this.#counters.increment('requestsLimited', 1, 'storedBytesPerCaller');
    throw new OrgError('rate-limited', 'Your changes of the last hour stored too much data. Try again later.', {
      retryAfterSeconds: Math.ceil(overMs / 1_000),
    });
  }

  count(owner: string | null, bytes: number): void {
    if (owner !== null && bytes > 0) this.#allowance.use(owner, bytes);
  }
}
