import { ExpiringMap } from '../runtime/expiring-map.ts';

/**
 * Read path: limits the revisions that the subscriptions of one owner read from the log to resume
 * (rule R6). A snapshot is shared, but each cursor needs a range of its own, whose revisions are
 * read, hashed and joined. One member with many sockets could otherwise keep the event loop busy.
 * Beyond the limit, a client gets a snapshot. Services have no limit, because the operator runs
 * them.
 */

const minuteMs = 60_000;
/** Four of the longest ranges that are resumed. They come back evenly. */
const revisionsPerMinute = 20_000;
const msPerRevision = minuteMs / revisionsPerMinute;
/**
 * Shorter ranges don't count. They cost no more than the other work for a subscription, and after a
 * restart all clients of an instance have one.
 */
const countedMin = 200;

export class ResumedRevisions {
  readonly #now: () => number;
  /** The time at which an owner has all revisions again. Absent for an owner that has them. */
  readonly #wholeAt: ExpiringMap<number>;

  /** @param now a monotonic clock, in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#wholeAt = new ExpiringMap(now);
  }

  /** Counts a range of this length. False if the owner has no revisions left. */
  take(owner: string, revisions: number): boolean {
    if (revisions < countedMin) return true;
    const now = this.#now();
    const usedMs = Math.max(0, (this.#wholeAt.get(owner) ?? 0) - now);
    if (usedMs >= minuteMs) return false;
    const leftMs = usedMs + revisions * msPerRevision;
    this.#wholeAt.set(owner, now + leftMs, leftMs);
    return true;
  }
}
