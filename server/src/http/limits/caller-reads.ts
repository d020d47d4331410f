import { OrgError } from '@rollcall/protocol';
import { networkOf } from '../../identity/attempt-limits.ts';
import { type Caller, ownerKeyOf } from '../../identity/caller.ts';
import type { Counters } from '../../runtime/counters.ts';
import { callerGone, FairSemaphore } from '../../runtime/fair-semaphore.ts';
import { KeyedSemaphore } from '../../runtime/keyed-semaphore.ts';
import type { Limits } from '../../runtime/limits.ts';

/**
 * The milliseconds after which a waiting request is refused when it would begin. A load balancer
 * takes an instance whose response takes longer for failed: `deploy/nginx.conf` after 2.5 s.
 */
export const waitMsMax = 2_000;

/**
 * The reads of all callers that are in progress. It is less than the connections for commands, so
 * that reads leave some of them to commands.
 */
export const readsMax = 8;

/** The reads that wait for one of these slots. Each holds about 10 KB, so all hold 100 MB. */
const readsWaitingMax = 10_000;

/** Runs a look-up when a slot is free. */
export type RunLookup = <T>(read: () => Promise<T>) => Promise<T>;

/**
 * Limits the reads of one caller that are in progress. Some reads take a hundred times the CPU of
 * others, so a limit of requests per second does not limit their cost.
 *
 * A person has as many callers as organizations, because the tokens of each organization are one.
 * So the reads of all callers have a limit too. Networks and callers take turns.
 *
 * Service tokens have no limit, because the operator runs them. Each instance counts by itself.
 */
export class CallerReads {
  readonly #reads: KeyedSemaphore;
  readonly #all: FairSemaphore;
  readonly #counters: Counters;
  readonly #now: () => number;

  /** @param now a monotonic clock, in milliseconds */
  constructor(
    { readsPerCaller, readsWaitingPerCaller }: Pick<Limits, 'readsPerCaller' | 'readsWaitingPerCaller'>,
    counters: Counters,
    now: () => number = () => performance.now(),
  ) {
    this.#reads = new KeyedSemaphore(readsPerCaller, readsWaitingPerCaller, () => this.#refusal());
    const perKey = { waitingMax: readsWaitingMax, refusal: () => this.#refusal() };
    this.#all = new FairSemaphore({
      concurrentMax: readsMax,
      waitingMax: readsWaitingMax,
      perKey: [perKey, perKey],
      overloaded: () => this.#refusal(),
    });
    this.#counters = counters;
    this.#now = now;
  }

  /**
   * Runs one of the reads of a request that also waits for events, which may take long.
   * @param read waits for nothing but the database, so that no caller keeps others from reading
   * @throws OrgError `rate-limited` if too many reads of the caller wait
   */
  run<T>(caller: Caller, read: () => Promise<T>): Promise<T> {
    const { actor } = caller;
    if (actor.kind === 'service') return read();
    const key = keyOf(caller);
    const network = networkOf(actor.address ?? '');
    return this.#reads.run(key, () => this.#all.run([network, key], undefined, read));
  }

  /**
   * Runs a request that only reads.
   * @param isGone whether the client has closed its connection; a read that still waits is then not
   * begun
   * @throws OrgError `rate-limited` if too many reads of the caller wait, or if this one has waited
   * for too long
   */
  runRequest<T>(caller: Caller, read: () => Promise<T>, isGone: () => boolean): Promise<T> {
    return this.run(caller, this.#inTime(read, isGone));
  }

  /**
   * Runs a request that may also wait for something else than the database, such as a password hash
   * or another server. It counts as one of the caller's reads, but not as one of all callers'.
   * @throws OrgError as `runRequest`
   */
  runLongRequest<T>(caller: Caller, handle: () => Promise<T>, isGone: () => boolean): Promise<T> {
    const inTime = this.#inTime(handle, isGone);
    return caller.actor.kind === 'service' ? inTime() : this.#reads.run(keyOf(caller), inTime);
  }

  /**
   * Returns a function that runs the look-ups of a request that writes, each as one of the caller's
   * reads. A look-up waits for nothing but the database. The request holds no slot while it runs a
   * command, calls another server or hashes a password.
   * @param isGone as in `runRequest`
   */
  forRequest(caller: Caller, isGone: () => boolean): RunLookup {
    return (read) => this.runRequest(caller, read, isGone);
  }

  #inTime<T>(read: () => Promise<T>, isGone: () => boolean): () => Promise<T> {
    const arrivedAt = this.#now();
    return async () => {
      if (isGone()) throw callerGone();
      if (this.#now() - arrivedAt > waitMsMax) throw this.#refusal();
      return read();
    };
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
