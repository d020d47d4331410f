import type { Actor } from '../../domain/actor.ts';
import type { Limits } from '../../runtime/limits/limits.ts';
import { waitingLimits } from '../../runtime/limits/rows/waiting.ts';
import { KeyedSemaphore } from '../../runtime/limits/semaphore.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';
import { tooManyWaiting } from './too-many-waiting.ts';

/** A write, as the limit sees it. */
export interface CallerWrite {
  readonly actor: Actor;
  /** As `ownerOfStoredBytes` returns it. */
  readonly owner: string | null;
  readonly endsAccess: boolean;
}

/**
 * Limits the commands of one caller that are in progress. The write queue is fair within one
 * organization. Without this limit, a caller with many organizations takes all database
 * connections.
 *
 * A slot is taken before the write queue. A command that waits for one therefore doesn't delay
 * other members of its organization. Commands that end access have no limit, so that the flood of
 * an intruder can't delay the end of the intruder's credential. Neither have those of service
 * tokens. Each instance counts by itself.
 */
export class CallerWrites {
  readonly #writes: KeyedSemaphore;
  readonly #counters: Counters;
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never jumps */
  constructor(
    { writesPerCaller, writesWaitingPerCaller }: Pick<Limits, 'writesPerCaller' | 'writesWaitingPerCaller'>,
    counters: Counters,
    now: () => number = () => performance.now(),
  ) {
    this.#writes = new KeyedSemaphore({
      concurrentMax: writesPerCaller,
      inTotal: { waitingMax: writesWaitingPerCaller, refusal: () => this.#refusal() },
    });
    this.#counters = counters;
    this.#now = now;
  }

  /**
   * @throws OrgError `rate-limited` if too many commands of the caller wait, or if this one has
   * waited for too long
   */
  async run<T>({ actor, owner, endsAccess }: CallerWrite, write: () => Promise<T>): Promise<T> {
    if (owner === null || endsAccess || actor.kind === 'service') return write();
    const arrivedAt = this.#now();
    return this.#writes.run(owner, async () => {
      if (this.#now() - arrivedAt > waitingLimits.waitMs.value) throw this.#refusal();
      return write();
    });
  }

  #refusal(): Error {
    return tooManyWaiting(this.#counters, 'writesWaitingPerCaller');
  }
}
