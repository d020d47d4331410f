import { type LogEntry, OrgState } from '@rollcall/protocol';
import type { RevisionNotice } from '../bus/bus.ts';
import type { Head } from '../database/read-log.ts';
import { nextChain } from '../domain/chain.ts';
import { type Clock, yieldToLoop } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { EntryRing } from './entry-ring.ts';
import type { LogReader, Start } from './log-reader.ts';

/** Read path 1/4: one process's live tail of one organization's log. */

export interface FeedListener {
  /** After the state holds the entry. Must not throw. */
  applied(entry: LogEntry): void;
  /** The history is another one (a restored database, or a log cut off below the head): everything was read anew. */
  reloaded(): void;
}

export interface FeedDeps {
  readonly reader: LogReader;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly failpoints: Failpoints;
}

/** Revisions read from the log at once: an import's have 500 changes each, about 400 KB of rows. */
const pageRevisionsMax = 200;
/** Read, but not yet proven to continue what the feed holds: as many as a ring keeps at most. */
const unprovenRevisionsMax = 2_000;

interface ChainedEntry {
  readonly entry: LogEntry;
  /** With the entry in it. */
  readonly chain: string;
}

/** The history does not continue what the feed holds. */
class HistoryChangedError extends Error {}

export class Feed {
  readonly orgId: string;
  /** All records, unprojected, at `head.revision`. */
  state: OrgState;
  head: Head;
  ring: EntryRing;
  readonly #deps: FeedDeps;
  readonly #listener: FeedListener;
  #reading: Promise<void> | null = null;

  private constructor({ head, state }: Start, deps: FeedDeps, listener: FeedListener) {
    this.orgId = head.orgId;
    this.head = head;
    this.state = state;
    this.ring = new EntryRing(head.revision, head.chain);
    this.#deps = deps;
    this.#listener = listener;
  }

  static async open(orgId: string, deps: FeedDeps, listener: FeedListener): Promise<Feed | null> {
    const start = await deps.reader.readStart(orgId);
    return start && new Feed(start, deps, listener);
  }

  /**
   * Own commits, notices and the sweep all come in here (rule R1): at or below the head ignored; the next one whose
   * chain fits, applied; anything else is read from the log.
   */
  advance({ revision, chain, entry }: RevisionNotice): void {
    if (revision <= this.head.revision) return;
    if (entry && revision === this.head.revision + 1 && nextChain(this.head.chain, entry) === chain) {
      this.#apply(entry, chain);
      return;
    }
    this.catchUp(revision).catch((error: unknown) => {
      // The next notice or sweep tries again.
      this.#deps.log.warn({ orgId: this.orgId, error: String(error) }, 'a feed could not read the log');
    });
  }

  /**
   * Brings the feed to a head that was read from the database: by the log where it continues what the feed holds, else
   * by reading everything anew.
   * @param heldRevision what the feed held when the reading began: a database that is not as far has lost it
   */
  async bringTo(head: Head, heldRevision: number): Promise<void> {
    const known = this.ring.chainAt(head.revision);
    const isOther = head.epoch !== this.head.epoch || (known !== null && known !== head.chain);
    if (isOther || head.revision < heldRevision) await this.reload();
    else await this.catchUp(head.revision);
  }

  /**
   * Reads the log up to its end; one reader at a time. A revision that the log does not have (a notice of a commit that
   * a failing database lost) is not waited for.
   */
  async catchUp(revision: number): Promise<void> {
    // A read that began before this call may have missed the revision; the one after it cannot.
    for (let reads = 0; reads < 2 && this.head.revision < revision; reads++) {
      this.#reading ??= this.#readToEnd().finally(() => {
        this.#reading = null;
      });
      await this.#reading;
    }
  }

  /** Reads head, state and ring anew, whatever was held. An organization that is gone leaves an empty state. */
  async reload(): Promise<void> {
    const start = await this.#deps.reader.readStart(this.orgId);
    this.head = start?.head ?? this.head;
    this.state = start?.state ?? new OrgState();
    this.ring = new EntryRing(this.head.revision, this.head.chain);
    this.#listener.reloaded();
  }

  async #readToEnd(): Promise<void> {
    try {
      await this.#applyProven(await this.#readProven());
    } catch (error) {
      if (!(error instanceof HistoryChangedError)) throw error;
      this.#deps.log.warn({ orgId: this.orgId }, 'the history changed under a feed, which reads everything anew');
      await this.reload();
    }
  }

  /**
   * All entries from the head to the end of the log. The log keeps no chain per revision, so only its end proves that
   * they continue what the feed holds: until then nobody may see any of them.
   */
  async #readProven(): Promise<ChainedEntry[]> {
    const { epoch, revision: start, chain: startChain } = this.head;
    const read: ChainedEntry[] = [];
    let revision = start;
    let chain = startChain;
    for (;;) {
      this.#deps.counters.increment('logReads');
      const page = await this.#deps.reader.readPage(this.orgId, revision, revision + pageRevisionsMax);
      if (!page || page.head.epoch !== epoch || page.head.floorRevision > revision) throw new HistoryChangedError();
      const isLast = page.head.revision <= revision + pageRevisionsMax;
      for (const entry of page.entries) {
        if (entry.revision !== revision + 1) throw new HistoryChangedError();
        chain = nextChain(chain, entry);
        revision = entry.revision;
        read.push({ entry, chain });
      }
      if (isLast && (revision !== page.head.revision || chain !== page.head.chain)) throw new HistoryChangedError();
      if (isLast) return read;
      // So far behind, reading everything anew costs less than holding it all.
      if (read.length > unprovenRevisionsMax) throw new HistoryChangedError();
    }
  }

  async #applyProven(read: readonly ChainedEntry[]): Promise<void> {
    for (const [index, { entry, chain }] of read.entries()) {
      if (index > 0 && index % pageRevisionsMax === 0) await yieldToLoop(this.#deps.clock);
      // A notice may have been applied meanwhile: of the same history, or of one that the database lost.
      if (entry.revision === this.head.revision + 1) this.#apply(entry, chain);
      else if ((this.ring.chainAt(entry.revision) ?? chain) !== chain) throw new HistoryChangedError();
    }
  }

  #apply(entry: LogEntry, chain: string): void {
    for (const { kind, id, after } of entry.changes) {
      if (after) this.state.put(kind, after);
      else this.state.remove(kind, id);
    }
    this.head = { ...this.head, revision: entry.revision, chain };
    this.ring.push(entry, chain);
    this.#listener.applied(entry);
  }
}
