import type { RevisionRange } from '../../bus/bus.ts';
import type { Feed } from '../feed/feed.ts';

/** The revisions that are remembered. Fewer are made while a receipt is awaited. */
const revisionsMax = 1_000;

/** The number of subscriptions in this process that each of a feed's last revisions ended. */
export class EndedSubscriptions {
  /**
   * Numbers by revision, without the revisions that ended no subscription. Null if there are none,
   * because every feed would need the memory of an empty map.
   */
  #byRevision: Map<number, number> | null = null;

  count(revision: number, ended: number): void {
    if (ended === 0) return;
    this.#byRevision ??= new Map();
    this.#byRevision.set(revision, ended);
    const [oldest] = this.#byRevision.keys();
    if (this.#byRevision.size > revisionsMax) this.#byRevision.delete(oldest!);
  }

  /**
   * The number for the revisions from `first` to `last`, once the feed has applied them. If no
   * notice brought them, they are read from the log. Null if the log does not contain them.
   */
  async read(feed: Feed, range: RevisionRange): Promise<number | null> {
    return (await feed.contains(range.last, range.chain)) ? this.sumOf(range) : null;
  }

  /** The number for the revisions from `first` to `last`, as far as they are applied. */
  sumOf({ first, last }: Pick<RevisionRange, 'first' | 'last'>): number {
    let sum = 0;
    for (const [revision, ended] of this.#byRevision ?? []) if (revision >= first && revision <= last) sum += ended;
    return sum;
  }
}
