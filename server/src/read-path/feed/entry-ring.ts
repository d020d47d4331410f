import { coalesceChanges, type LogChange, type LogEntry } from '@rollcall/protocol';

/**
 * The number of recent revisions that a feed keeps in memory. At 100 changes a second, clients that
 * reconnect within ten seconds resume from it.
 */
const ringRevisionsMax = 1_000;

interface RingEntry {
  readonly entry: LogEntry;
  readonly chain: string;
}

/** A feed's most recent entries, contiguous, with the chain at each. */
export class EntryRing {
  #entries: RingEntry[] = [];
  #changeCount = 0;
  #floor: { revision: number; chain: string };

  constructor(revision: number, chain: string) {
    this.#floor = { revision, chain };
  }

  get size(): number {
    return this.#entries.length;
  }

  /** The changes of all entries. An import's entry has hundreds. */
  get changeCount(): number {
    return this.#changeCount;
  }

  push(entry: LogEntry, chain: string): void {
    this.#entries.push({ entry, chain });
    this.#changeCount += entry.changes.length;
  }

  /** Drops all but the newest entries. Called when no entry is unsent or about to be applied. */
  trim(): void {
    // Drops many at once instead of one per push, because shifting a long array moves all of it.
    if (this.#entries.length <= ringRevisionsMax * 2) return;
    const dropped = this.#entries.splice(0, this.#entries.length - ringRevisionsMax);
    const { entry, chain } = dropped.at(-1)!;
    this.#floor = { revision: entry.revision, chain };
    for (const one of dropped) this.#changeCount -= one.entry.changes.length;
  }

  /** Whether the ring contains all changes after a revision. Always true at or beyond the head. */
  reaches(revision: number): boolean {
    return revision >= this.#floor.revision;
  }

  /** The chain at a revision. Null when the revision is older than the ring, or beyond the head. */
  chainAt(revision: number): string | null {
    if (revision === this.#floor.revision) return this.#floor.chain;
    return this.#entries[revision - this.#floor.revision - 1]?.chain ?? null;
  }

  /**
   * The net changes after a revision, up to another revision or the head. Null when the ring does
   * not reach back to it.
   */
  netChangesAfter(revision: number, upTo = Number.POSITIVE_INFINITY): LogChange[] | null {
    const floor = this.#floor.revision;
    if (revision < floor) return null;
    return coalesceChanges(this.#entries.slice(revision - floor, upTo - floor).map(({ entry }) => entry));
  }
}
