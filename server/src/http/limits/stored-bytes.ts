import { OrgError } from '@rollcall/protocol';
import type { Counters } from '../../runtime/counters.ts';
import { ExpiringMap } from '../../runtime/expiring-map.ts';
import type { Limits } from '../../runtime/limits.ts';

const hourMs = 60 * 60 * 1_000;

/**
 * Writes that end access may use twice the limit, so that ordinary writes never prevent them.
 */
const endingShare = 2;

/**
 * Limits the bytes that the writes of a caller store: changes, audit entries, and responses for a
 * retry. A request of a few bytes can store a whole record twice, and send it to each subscriber.
 *
 * A caller may use the bytes of an hour at once. The allowance refills evenly over the next hour. A
 * write is counted once its size is known, so it may exceed the limit, and the caller then waits.
 * Each instance counts by itself.
 */
export class StoredBytes {
  readonly #msPerByte: number;
  readonly #counters: Counters;
  readonly #now: () => number;
  /** The time at which a caller has all bytes again. Absent for a caller that has them. */
  readonly #wholeAt: ExpiringMap<number>;

  /** @param now a monotonic clock, in milliseconds */
  constructor(limits: Pick<Limits, 'storedBytesPerCaller'>, counters: Counters, now: () => number = () => performance.now()) {
    this.#msPerByte = hourMs / limits.storedBytesPerCaller;
    this.#counters = counters;
    this.#now = now;
    this.#wholeAt = new ExpiringMap(now);
  }

  /**
   * @param owner as `ownerOfStoredBytes` returns it
   * @throws OrgError `rate-limited` if the owner has no bytes left
   */
  assertWithin(owner: string | null, endsAccess: boolean): void {
    if (owner === null) return;
    const usedMs = (this.#wholeAt.get(owner) ?? 0) - this.#now();
    const overMs = usedMs - hourMs * (endsAccess ? endingShare : 1);
    if (overMs <= 0) return;
    this.#counters.increment('requestsLimited', 1, 'storedBytesPerCaller');
    throw new OrgError('rate-limited', 'Your changes of the last hour stored too much data. Try again later.', {
      retryAfterSeconds: Math.ceil(overMs / 1_000),
    });
  }

  count(owner: string | null, bytes: number): void {
    if (owner === null || bytes === 0) return;
    const now = this.#now();
    const wholeAt = Math.max(now, this.#wholeAt.get(owner) ?? 0) + bytes * this.#msPerByte;
    this.#wholeAt.set(owner, wholeAt, wholeAt - now);
  }
}
