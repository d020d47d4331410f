import { OrgError } from '@rollcall/protocol';
import { type Caller, ownerKeyOf } from '../../identity/caller.ts';
import type { Counters } from '../../runtime/counters.ts';
import { callerGone } from '../../runtime/fair-semaphore.ts';
import { KeyedSemaphore } from '../../runtime/keyed-semaphore.ts';
import type { Limits } from '../../runtime/limits.ts';

/**
 * The milliseconds after which a waiting request is refused when it would begin. A load balancer
 * takes an instance whose response takes longer for failed: `deploy/nginx.conf` after 2.5 s.
 */
export const waitMsMax = 2_000;

/**
 * Limits the reads of one caller that are in progress. Some reads take a hundred times the CPU of
 * others, so a limit of requests per second does not limit their cost.
 *
 * Service tokens have no limit, because the operator runs them. Each instance counts by itself.
 */
export class CallerReads {
  readonly #reads: KeyedSemaphore;
  readonly #counters: Counters;
  readonly #now: () => number;

  /** @param now a monotonic clock, in milliseconds */
  constructor(
    { readsPerCaller, readsWaitingPerCaller }: Pick<Limits, 'readsPerCaller' | 'readsWaitingPerCaller'>,
    counters: Counters,
    now: () => number = () => performance.now(),
  ) {
    this.#reads = new KeyedSemaphore(readsPerCaller, readsWaitingPerCaller, () => this.#refusal());
    this.#counters = counters;
    this.#now = now;
  }

  /**
   * Runs one of the reads of a request that also waits for events, which may take long.
   * @throws OrgError `rate-limited` if too many reads of the caller wait
   */
  run<T>(caller: Caller, read: () => Promise<T>): Promise<T> {
    if (caller.actor.kind === 'service') return read();
    return this.#reads.run(keyOf(caller), read);
  }

  /**
   * Runs a request that only reads.
   * @param isGone whether the client has closed its connection; a read that still waits is then not
   * begun
   * @throws OrgError `rate-limited` if too many reads of the caller wait, or if this one has waited
   * for too long
   */
  runRequest<T>(caller: Caller, read: () => Promise<T>, isGone: () => boolean): Promise<T> {
    const arrivedAt = this.#now();
    return this.run(caller, async () => {
      if (isGone()) throw callerGone();
      if (this.#now() - arrivedAt > waitMsMax) throw this.#refusal();
      return read();
    });
  }

  #refusal(): OrgError {
    this.#counters.increment('requestsLimited', 1, 'readsWaitingPerCaller');
    return new OrgError('rate-limited', 'Too many of your requests are waiting. Try again shortly.', { retryAfterSeconds: 1 });
  }
}

/** The identity provider's reads don't wait for those of the organization's other tokens. */
function keyOf(caller: Caller): string {
  const { actor } = caller;
  return actor.kind === 'org-token' && actor.isForScim ? `scim:${actor.orgId}` : ownerKeyOf(caller);
}
