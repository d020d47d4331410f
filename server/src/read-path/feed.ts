import { type LogEntry, OrgState } from '@rollcall/protocol';
import type { RevisionNotice } from '../bus/bus.ts';
import type { Head } from '../database/read-log.ts';
import { nextChain } from '../domain/chain.ts';
import type { Clock } from '../runtime/clock.ts';
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
   */
  async bringTo(head: Head): Promise<void> {
    const known = this.ring.chainAt(head.revision);
    if (head.epoch !== this.head.epoch || (known !== null && known !== head.chain)) await this.reload();
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
      while (!(await this.#readPage()));
    } catch (error) {
      if (!(error instanceof HistoryChangedError)) throw error;
      this.#deps.log.warn({ orgId: this.orgId }, 'the history changed under a feed, which reads everything anew');
      await this.reload();
    }
  }

  /** Returns whether this was the last page. */
  async #readPage(): Promise<boolean> {
    const from = this.head;
    this.#deps.counters.increment('logReads');
    const page = await this.#deps.reader.readPage(this.orgId, from.revision, from.revision + pageRevisionsMax);
    if (!page || page.head.epoch !== from.epoch || page.head.floorRevision > from.revision) throw new HistoryChangedError();
    let { chain, revision } = from;
    for (const entry of page.entries) {
      if (entry.revision !== revision + 1) throw new HistoryChangedError();
      chain = nextChain(chain, entry);
      revision = entry.revision;
      // A notice may have been applied while the page was read.
      if (revision === this.head.revision + 1) this.#apply(entry, chain);
    }
    const isComplete = page.head.revision <= from.revision + pageRevisionsMax;
    if (isComplete && (revision !== page.head.revision || chain !== page.head.chain)) throw new HistoryChangedError();
    return isComplete;
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
