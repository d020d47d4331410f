import { OrgError } from '@rollcall/protocol';
import { type Caller, ownerKeyOf } from '../../identity/caller.ts';
import { networkOf } from '../../identity/limits/attempt-limits.ts';
import type { Limits } from '../../runtime/limits/limits.ts';
import { waitingLimits } from '../../runtime/limits/rows/waiting.ts';
import { callerGone, KeyedSemaphore, Semaphore } from '../../runtime/limits/semaphore.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';
import { tooManyWaiting } from './too-many-waiting.ts';

/** Runs a look-up of a request that writes. */
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
  /** Separate, so that a caller's writes don't wait for their reads. */
  readonly #lookups: KeyedSemaphore;
  /** Separate, so that reads and writes don't wait for another server. */
  readonly #long: KeyedSemaphore;
  readonly #all: Semaphore;
  readonly #counters: Counters;
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never jumps */
  constructor(
    { readsPerCaller, readsWaitingPerCaller }: Pick<Limits, 'readsPerCaller' | 'readsWaitingPerCaller'>,
    counters: Counters,
    now: () => number = () => performance.now(),
  ) {
    const ofCaller = { waitingMax: readsWaitingPerCaller, refusal: () => this.#refusal() };
    const open = () => new KeyedSemaphore({ concurrentMax: readsPerCaller, inTotal: ofCaller });
    this.#reads = open();
    this.#lookups = open();
    this.#long = open();
    const ofAll = { waitingMax: waitingLimits.readsWaiting.value, refusal: overloaded };
    this.#all = new Semaphore({ concurrentMax: waitingLimits.reads.value, inTotal: ofAll, perKey: [ofAll, ofAll] });
    this.#counters = counters;
    this.#now = now;
  }

  /**
   * Runs one of the reads of a request that also waits for events, which may take long.
   * @param read waits for nothing but the database, so that no caller keeps others from reading
   * @throws OrgError `rate-limited` if too many reads of the caller wait; `unavailable` if too many
   * of all callers do
   */
  run<T>(caller: Caller, read: () => Promise<T>): Promise<T> {
    return this.#runIn(this.#reads, caller, () => {}, read);
  }

  /**
   * Runs a request that only reads.
   * @param isGone whether the client has closed its connection; a read that still waits is then not
   * begun
   * @throws OrgError as `run`, also if this read has waited for too long
   */
  runRequest<T>(caller: Caller, read: () => Promise<T>, isGone: () => boolean): Promise<T> {
    return this.#runIn(this.#reads, caller, this.#assertInTime(isGone), read);
  }

  /**
   * Runs a request that may also wait for something else than the database, such as a password hash
   * or another server. Such requests of a caller have a limit of their own, and don't count as
   * reads of all callers.
   * @throws OrgError `rate-limited` as `runRequest`
   */
  runLongRequest<T>(caller: Caller, handle: () => Promise<T>, isGone: () => boolean): Promise<T> {
    if (caller.actor.kind === 'service') return handle();
    const assertInTime = this.#assertInTime(isGone);
    return this.#long.run(keyOf(caller), async () => {
      assertInTime(() => this.#refusal());
      return handle();
    });
  }

  /**
   * Returns a function that runs the look-ups of a request that writes, within a limit of their
   * own. A look-up waits for nothing but the database. The request holds no slot while it runs a
   * command, calls another server or hashes a password.
   * @param isGone as in `runRequest`
   */
  forRequest(caller: Caller, isGone: () => boolean): RunLookup {
    return (read) => this.#runIn(this.#lookups, caller, this.#assertInTime(isGone), read);
  }

  #runIn<T>(own: KeyedSemaphore, caller: Caller, assertInTime: AssertInTime, read: () => Promise<T>): Promise<T> {
    const { actor } = caller;
    if (actor.kind === 'service') return read();
    const key = keyOf(caller);
    return own.run(key, async () => {
      assertInTime(() => this.#refusal());
      const readInTime = async () => {
        assertInTime(overloaded);
        return read();
      };
      return this.#all.run(readInTime, { keys: [networkOf(actor.address ?? ''), key] });
    });
  }

  /** The time counts from this call. */
  #assertInTime(isGone: () => boolean): AssertInTime {
    const arrivedAt = this.#now();
    return (refusal) => {
      if (isGone()) throw callerGone();
      if (this.#now() - arrivedAt > waitingLimits.waitMs.value) throw refusal();
    };
  }

  #refusal(): OrgError {
    return tooManyWaiting(this.#counters, 'readsWaitingPerCaller');
  }
}

type AssertInTime = (refusal: () => OrgError) => void;

/** The wait was for the reads of others. */
function overloaded(): OrgError {
  return new OrgError('unavailable', 'Too many requests are waiting. Try again shortly.');
}

/** The identity provider's reads don't wait for those of the organization's other tokens. */
function keyOf(caller: Caller): string {
  const { actor } = caller;
  return actor.kind === 'org-token' && actor.isForScim ? `scim:${actor.orgId}` : ownerKeyOf(caller);
}
