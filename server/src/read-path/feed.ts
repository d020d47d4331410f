import { type LogEntry, OrgState } from '@rollcall/protocol';
import type { RevisionNotice } from '../bus/bus.ts';
import type { Head } from '../database/records/read-log.ts';
import type { KindedRecord } from '../database/records/records-read.ts';
import { nextChain } from '../domain/chain.ts';
import { yieldToLoop } from '../runtime/clock.ts';
import { SharedReads } from '../runtime/shared-reads.ts';
import { EarlyNotices, type EntryNotice } from './early-notices.ts';
import { EntryRing } from './entry-ring.ts';
import type { FeedDeps } from './feed-deps.ts';
import { bringUpTo, loadRecords } from './load-records.ts';
import type { Start } from './log-reader.ts';
import { StartCopy } from './start-copy.ts';

/** Read path 1/4: one process's live tail of one organization's log. */

export interface FeedListener {
  /** After the state holds the entry. Must not throw. */
  applied(entry: LogEntry): void;
  /** The history is another one (a restored database, or a log cut off below the head): everything was read anew. */
  reloaded(): void;
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
  /** Records, unprojected, at `head.revision`: all once `copy` is null, until then those that came in. */
  state: OrgState;
  head: Head;
  ring: EntryRing;
  /** The records as of where the feed began, while they are read. Null once `state` has all of them. */
  copy: StartCopy | null;
  readonly #deps: FeedDeps;
  readonly #listener: FeedListener;
  readonly #memberOfUser: SharedReads<KindedRecord>;
  readonly #loading: Promise<boolean>;
  readonly #early: EarlyNotices;
  #reading: Promise<void> | null = null;
  #reloading: Promise<void> | null = null;
  /** What is read in place of this one's state. */
  #successor: Feed | null = null;

  private constructor({ head, organization, places }: Start, deps: FeedDeps, listener: FeedListener) {
    this.orgId = head.orgId;
    this.head = head;
    this.state = new OrgState();
    this.ring = new EntryRing(head.revision, head.chain);
    this.#deps = deps;
    this.#listener = listener;
    this.#memberOfUser = new SharedReads(deps.clock, (userIds) => this.#readMembersOfUsers(userIds));
    this.#early = new EarlyNotices(deps.clock, (revision) => this.#readUpTo(revision));
    this.copy = new StartCopy(head, places, this.state);
    if (organization) this.copy.take([{ kind: 'organization', record: organization }]);
    this.#loading = this.#load(this.copy);
  }

  /**
   * Begins to follow the log. The records come in from then on: see `copy`. Null when the organization does not exist.
   */
  static async open(orgId: string, deps: FeedDeps, listener: FeedListener): Promise<Feed | null> {
    const start = await deps.reader.readStart(orgId);
    return start && new Feed(start, deps, listener);
  }

  /** Whoever watches is gone: what is under way stops. */
  stop(): void {
    this.#early.clear();
    this.#giveUpCopy();
    this.#successor?.stop();
  }

  /** Has the member that a user is in the state, if there is one, though others may be missing yet: who is judged needs no more. */
  async include(userId: string): Promise<void> {
    const { copy } = this;
    if (!copy) return;
    const member = (await this.#memberOfUser.read([userId])).get(userId);
    if (member && this.copy === copy) copy.take([member]);
  }

  /**
   * Own commits, notices and the sweep all come in here (rule R1): at or below the head ignored; the next one whose
   * chain fits, applied; one that is ahead waits a moment for those in between; anything else is read from the log.
   */
  advance(notice: RevisionNotice): void {
    if (notice.revision <= this.head.revision) return;
    if (!hasEntry(notice)) this.#readUpTo(notice.revision);
    else if (this.#fits(notice)) this.#apply(notice.entry, notice.chain);
    else if (notice.revision > this.head.revision + 1 && !this.#early.isFull) this.#early.hold(notice);
    else this.#readUpTo(notice.revision);
  }

  #fits({ revision, chain, entry }: EntryNotice): boolean {
    return revision === this.head.revision + 1 && nextChain(this.head.chain, entry) === chain;
  }

  #readUpTo(revision: number): void {
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

  /** Reads head, state and ring anew, whatever was held, and changes to them in one turn. An organization that is gone leaves an empty state. */
  async reload(): Promise<void> {
    this.#reloading ??= this.#readAnew().finally(() => {
      this.#reloading = null;
    });
    await this.#reloading;
  }

  async #readAnew(): Promise<void> {
    const successor = await Feed.open(this.orgId, this.#deps, { applied() {}, reloaded() {} });
    this.#successor = successor;
    if (successor && !(await successor.#loading)) return;
    this.#successor = null;
    this.#early.clear();
    this.#giveUpCopy();
    this.head = successor?.head ?? this.head;
    this.state = successor?.state ?? new OrgState();
    this.ring = new EntryRing(this.head.revision, this.head.chain);
    this.#listener.reloaded();
  }

  async #load(copy: StartCopy): Promise<boolean> {
    const isWhole = await loadRecords(this, copy, this.#deps);
    if (isWhole) this.copy = null;
    return isWhole;
  }

  #giveUpCopy(): void {
    this.copy?.abandon();
    this.copy = null;
  }

  async #readMembersOfUsers(userIds: readonly string[]): Promise<ReadonlyMap<string, KindedRecord>> {
    const heldRevision = this.head.revision;
    const found = await this.#deps.reader.readMembersOfUsers(this.orgId, userIds);
    if (!found) return new Map();
    await bringUpTo(this, found.head, heldRevision);
    return new Map(found.records.map((one) => [(one.record.user as { id: string }).id, one]));
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

  #apply(logged: LogEntry, chain: string): void {
    const entry = asHeld(logged, this.state);
    this.copy?.note(entry);
    for (const { kind, id, after } of entry.changes) {
      if (after) this.state.put(kind, after);
      else this.state.remove(kind, id);
    }
    this.head = { ...this.head, revision: entry.revision, chain };
    this.ring.push(entry, chain);
    this.#listener.applied(entry);
    this.#early.take(entry.revision);
    const next = this.#early.take(entry.revision + 1);
    if (next) this.advance(next);
  }
}

/**
 * The entry with each record before it as it is held here, and so as it was sent. A newer version may log fields that this one
 * does not read from its tables: a checksum that lost what the log says, and not what was sent, would differ from every copy.
 */
function asHeld(entry: LogEntry, state: OrgState): LogEntry {
  return { ...entry, changes: entry.changes.map((change) => ({ ...change, before: state.get(change.kind, change.id) ?? change.before })) };
}

function hasEntry(notice: RevisionNotice): notice is EntryNotice {
  return notice.entry !== undefined;
}
