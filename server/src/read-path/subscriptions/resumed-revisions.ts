import { RefillingAllowance } from '../../runtime/limits/refilling-allowance.ts';

/**
 * Read path: limits the revisions that the subscriptions of one owner read from the log to resume
 * (rule R6). A snapshot is shared, but each cursor needs a range of its own, whose revisions are
 * read, hashed and joined. One member with many sockets could otherwise keep the event loop busy.
 * Beyond the limit, a client gets a snapshot. Services have no limit, because the operator runs
 * them.
 */

const minuteMs = 60_000;
/** Four of the longest ranges that are resumed. */
const revisionsPerMinute = 20_000;
/**
 * Shorter ranges don't count. They cost no more than the other work for a subscription, and after a
 * restart all clients of an instance have one.
 */
const countedMin = 200;

export class ResumedRevisions {
  readonly #allowance: RefillingAllowance;

  /** @param now a monotonic clock, in milliseconds */
  constructor(now: () => number) {
    this.#allowance = new RefillingAllowance(revisionsPerMinute, minuteMs, now);
  }

  /** Counts a range of this length. False if the owner has no revisions left. */
  take(owner: string, revisions: number): boolean {
    if (revisions < countedMin) return true;
    if (this.#allowance.msUntilWhole(owner) >= minuteMs) return false;
    this.#allowance.use(owner, revisions);
    return true;
  }
}
