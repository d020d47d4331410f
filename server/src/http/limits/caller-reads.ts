import { OrgError } from '@rollcall/protocol';
import { type Caller, ownerKeyOf } from '../../identity/caller.ts';
import type { Counters } from '../../runtime/counters.ts';
import { callerGone } from '../../runtime/fair-semaphore.ts';
import { KeyedSemaphore } from '../../runtime/keyed-semaphore.ts';
import type { Limits } from '../../runtime/limits.ts';

/**
 * Limits the reads of one caller that are in progress. Some reads take a hundred times the CPU of
 * others, so a limit of requests per second does not limit their cost.
 *
 * Service tokens have no limit, because the operator runs them. Each instance counts by itself.
 */
export class CallerReads {
  readonly #reads: KeyedSemaphore;

  constructor({ readsPerCaller, readsWaitingPerCaller }: Pick<Limits, 'readsPerCaller' | 'readsWaitingPerCaller'>, counters: Counters) {
    this.#reads = new KeyedSemaphore(readsPerCaller, readsWaitingPerCaller, () => {
      counters.increment('requestsLimited', 1, 'readsWaitingPerCaller');
      return new OrgError('rate-limited', 'Too many of your requests are waiting. Try again shortly.', { retryAfterSeconds: 1 });
    });
  }

  /**
   * @param isGone whether the client has closed its connection; a read that still waits is then not
   * begun
   * @throws OrgError `rate-limited` if too many reads of the caller wait
   */
  run<T>(caller: Caller, read: () => Promise<T>, isGone: () => boolean = () => false): Promise<T> {
    if (caller.actor.kind === 'service') return read();
    return this.#reads.run(keyOf(caller), () => (isGone() ? Promise.reject(callerGone()) : read()));
  }
}

/** The identity provider's reads don't wait for those of the organization's other tokens. */
function keyOf(caller: Caller): string {
  const { actor } = caller;
  return actor.kind === 'org-token' && actor.isForScim ? `scim:${actor.orgId}` : ownerKeyOf(caller);
}
