import { type LogEntry, OrgState } from '@rollcall/protocol';
import type { RevisionNotice } from '../../bus/bus.ts';
import type { Head } from '../../database/records/read-log.ts';
import type { KindedRecord } from '../../database/records/records-read.ts';
import { nextChain, nextChainInSteps } from '../../domain/chain.ts';
import { completeChanges } from '../../domain/complete-changes.ts';
import { countAllSlots, sumSlots } from '../../domain/slots.ts';
import { yieldToLoop } from '../../runtime/clock.ts';
import { mapYielding } from '../../runtime/tasks/map-yielding.ts';
import { SharedReads } from '../../runtime/tasks/shared-reads.ts';
import { isLostByRestore } from '../missing-organization.ts';
import { floorIn, withStateBefore } from './applied-entries.ts';
import { Bootstrap } from './bootstrap.ts';
import { EarlyNotices, type EntryNotice } from './early-notices.ts';
import { EntryRing } from './entry-ring.ts';
import type { FeedDeps } from './feed-deps.ts';
import { catchUpWith, loadRecords } from './load-records.ts';
import type { FeedStart } from './log-reader.ts';

/** Read path 1/4: one process's live tail of one organization's log. */

export interface FeedListener {
  /** Called once the state contains the entry. Must not throw. */
  applied(entry: LogEntry): void;
  /**
   * The feed read another history (the database was restored, or the log was cut off below the
   * head) and all records again.
   */
  reloaded(): void;
}

/**
 * Revisions per page of the log. Those of an import have 500 changes each, about 400 KB of rows.
 */
const pageRevisionsMax = 200;
/** Changes that are compared with the chain, or applied, without a pause. */
const changesPerTurnMax = 500;
/**
 * The most entries that are kept before it is proven that they continue the feed. A ring keeps no
 * more either.
 */
const unprovenRevisionsMax = 2_000;

/** The memory of a watched organization without records, with its subscription to the bus. */
const fixedBytes = 4_096;
/** Between 450 bytes, for a member with short texts, and 1 KB for one slot of long texts. */
const slotBytes = 768;
/** The description of an entry in the ring, or the earlier record of one of its changes. */
const ringBytes = 1_024;

interface ChainedEntry {
  readonly entry: LogEntry;
  /** The chain up to and including the entry. */
  readonly chain: string;
}

/** The log's history does not continue the feed's. */
class HistoryChangedError extends Error {}

export class Feed {
  readonly orgId: string;
  /**
   * The unprojected records at `head.revision`. Complete once `bootstrap` is null; until then,
   * those that were loaded.
   */
  state: OrgState;
  head: Head;
  ring: EntryRing;
  /**
   * The records at the revision where the feed began, while they are loaded. Null once `state` has
   * all of them.
   */
  bootstrap: Bootstrap | null;
  /**
   * The last state of an organization that was lost by a restore that has ended. `state` is empty
   * then. Null otherwise.
   */
  lostState: OrgState | null = null;
  /** The epoch of organization 0 when the organization was last read. */
  #streamEpoch: string;
  readonly #deps: FeedDeps;
  readonly #listener: FeedListener;
  readonly #loading: Promise<void>;
  readonly #early: EarlyNotices;
  #reading: Promise<void> | null = null;
  #reloading: Promise<void> | null = null;
  /** The feed that loads the records of another history, to replace the state. */
  #successor: Feed | null = null;
  #isStopped = false;

  private constructor({ head, records, isWhole, slots, streamEpoch }: FeedStart, deps: FeedDeps, listener: FeedListener) {
    this.orgId = head.orgId;
    this.head = head;
    this.#streamEpoch = streamEpoch;
    this.state = new OrgState();
    this.ring = new EntryRing(head.revision, head.chain);
    this.#deps = deps;
    this.#listener = listener;
    this.#early = new EarlyNotices(deps.clock, (revision) => this.#readUpTo(revision));
    this.bootstrap = isWhole
      ? null
      : new Bootstrap(head, slots, this.state, new SharedReads(deps.clock, (userIds) => this.#readMembersOfUsers(userIds)));
    if (!this.bootstrap) for (const { kind, record } of records) this.state.put(kind, record);
    this.bootstrap?.add(records);
    this.#loading = this.bootstrap ? this.#load(this.bootstrap) : Promise.resolve();
  }

  /**
   * Starts to read the log. The records of a large organization are loaded from then on: see
   * `bootstrap`. Null if the organization does not exist.
   */
  static async open(orgId: string, deps: FeedDeps, listener: FeedListener): Promise<Feed | null> {
    const start = await deps.reader.readStart(orgId);
    return start && new Feed(start, deps, listener);
  }

  /** An estimate of the feed's memory. While records are loaded, all of them count. */
  get estimatedBytes(): number {
    const slots = this.bootstrap ? sumSlots(this.bootstrap.slots) : countAllSlots(this.lostState ?? this.state);
    return slots * slotBytes + (this.ring.size + this.ring.changeCount) * ringBytes + fixedBytes;
  }

  /** Stops all reads, because the last subscription ended. */
  stop(): void {
    this.#isStopped = true;
    this.#early.clear();
    this.#abandonBootstrap();
    this.#successor?.stop();
  }

  /**
   * Loads the user's member into the state, if there is one. Evaluating the user's access needs no
   * other members.
   */
  async include(userId: string): Promise<void> {
    const { bootstrap } = this;
    if (!bootstrap) return;
    const member = (await bootstrap.membersOfUsers.read([userId])).get(userId);
    if (member && this.bootstrap === bootstrap) bootstrap.add([member]);
  }

  /**
   * Takes the instance's own commits, notices and the results of the sweep (rule R1). A revision at
   * or below the head is ignored. The next revision is applied if its epoch and its chain fit. A
   * later one waits briefly for the ones in between. Anything else is read from the log.
   */
  advance(notice: RevisionNotice): void {
    if (notice.revision <= this.head.revision) return;
    if (!hasEntry(notice)) this.#readUpTo(notice.revision);
    else if (this.#fits(notice)) this.#apply(notice.entry, notice.chain);
    else if (notice.revision > this.head.revision + 1 && !this.#early.isFull) this.#early.hold(notice);
    else this.#readUpTo(notice.revision);
  }

  #fits({ epoch, revision, chain, entry }: EntryNotice): boolean {
    const { head } = this;
    return epoch === head.epoch && revision === head.revision + 1 && nextChain(head.chain, entry) === chain;
  }

  #readUpTo(revision: number): void {
    this.readLogUpTo(revision).catch((error: unknown) => {
      // The next notice or sweep tries again.
      this.#deps.log.warn(
        { orgId: this.orgId, error: String(error) },
        "could not read an organization's log; the next notice or sweep tries again",
      );
    });
  }

  /**
   * Advances the feed to a head that was read from the database. It reads the log if that continues
   * the feed, and everything again otherwise.
   * @param feedRevision the feed's revision when the read began. A database with a lower revision
   * has lost it.
   * @returns see `contains`. If false, the database has changed its history once more.
   */
  async catchUpTo(head: Head, feedRevision: number): Promise<boolean> {
    const known = this.ring.chainAt(head.revision);
    const isOther = head.epoch !== this.head.epoch || (known !== null && known !== head.chain);
    if (isOther || head.revision < feedRevision) await this.reload();
    // `reload` may have joined a reload that began before the head was read.
    return this.contains(head.revision, head.chain);
  }

  /**
   * Reads the log up to its end, one read at a time. It does not wait for a revision that the log
   * does not contain (after a notice of a commit that a failing database lost).
   */
  async readLogUpTo(revision: number): Promise<void> {
    // A read that began before this call may have missed the revision; the one after it cannot.
    for (let reads = 0; reads < 2 && this.head.revision < revision; reads++) await this.#readLog();
  }

  /**
   * Whether the feed contains a committed revision. The log is read if the feed's history may be
   * another one, which the database has lost, even if the feed's revision is higher.
   * @param chain the chain at the revision
   */
  async contains(revision: number, chain: string): Promise<boolean> {
    // Reads at most twice, for the reason given in `readLogUpTo`. The ring has no chain for an
    // older revision. The proof is then a read that continues the feed's chain to the end of the
    // log.
    for (let reads = 0; reads < 2 && this.ring.chainAt(revision) !== chain; reads++) await this.#readLog();
    return this.head.revision >= revision && (this.ring.chainAt(revision) ?? chain) === chain;
  }

  /** Joins the read in progress, if there is one. */
  async #readLog(): Promise<void> {
    this.#reading ??= this.#readToEnd().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  /**
   * Reads head, state and ring again, and replaces them in one event-loop turn. The state of a
   * removed organization is empty.
   * @throws MissingOrganizationError, see `isLostByRestore`
   */
  async reload(): Promise<void> {
    this.#reloading ??= this.#readAgain().finally(() => {
      this.#reloading = null;
    });
    await this.#reloading;
  }

  async #readAgain(): Promise<void> {
    const successor = await Feed.open(this.orgId, this.#deps, { applied() {}, reloaded() {} });
    this.#successor = successor;
    if (this.#isStopped) successor?.stop();
    const state = successor?.state ?? null;
    const isLost = await isLostByRestore(this.#deps.reader, this.orgId, state, this.#streamEpoch).catch((error: unknown) => {
      successor?.stop();
      throw error;
    });
    // If the history changed once more, the successor reads its records again.
    if (successor) await successor.#loading;
    if (this.#isStopped) return;
    this.#successor = null;
    this.#early.clear();
    this.#abandonBootstrap();
    this.head = successor?.head ?? this.head;
    this.lostState = isLost ? (this.lostState ?? this.state) : null;
    if (successor) this.#streamEpoch = successor.#streamEpoch;
    this.state = successor?.state ?? new OrgState();
    this.ring = new EntryRing(this.head.revision, this.head.chain);
    this.#listener.reloaded();
  }

  async #load(bootstrap: Bootstrap): Promise<void> {
    if (await loadRecords(this, bootstrap, this.#deps)) this.bootstrap = null;
  }

  #abandonBootstrap(): void {
    this.bootstrap?.abandon();
    this.bootstrap = null;
  }

  async #readMembersOfUsers(userIds: readonly string[]): Promise<ReadonlyMap<string, KindedRecord>> {
    const feedRevision = this.head.revision;
    const found = await this.#deps.reader.readMembersOfUsers(this.orgId, userIds);
    if (!found) return new Map();
    await catchUpWith(this, found.head, feedRevision);
    return new Map(found.records.map((one) => [(one.record.user as { id: string }).id, one]));
  }

  async #readToEnd(): Promise<void> {
    try {
      await this.#applyProven(await this.#readProven());
    } catch (error) {
      if (!(error instanceof HistoryChangedError)) throw error;
      this.#deps.log.warn({ orgId: this.orgId }, "an organization's history changed; reading all its records again");
      await this.reload();
    }
  }

  /**
   * All entries from the head to the end of the log. The log keeps no chain per revision, so only
   * its end proves that they continue the feed. None of them may be applied before.
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
        const isLong = entry.changes.length > changesPerTurnMax;
        chain = isLong ? await nextChainInSteps(chain, entry, mapYielding) : nextChain(chain, entry);
        revision = entry.revision;
        read.push({ entry, chain });
      }
      if (isLast && (revision !== page.head.revision || chain !== page.head.chain)) throw new HistoryChangedError();
      if (isLast) return read;
      // With this many entries, reading all records again costs less than keeping the entries.
      if (read.length > unprovenRevisionsMax) throw new HistoryChangedError();
    }
  }

  async #applyProven(read: readonly ChainedEntry[]): Promise<void> {
    let changes = 0;
    for (const [index, { entry, chain }] of read.entries()) {
      changes += entry.changes.length;
      if (changes > changesPerTurnMax || (index > 0 && index % pageRevisionsMax === 0)) {
        changes = 0;
        await yieldToLoop(this.#deps.clock);
      }
      // A notice may have been applied in between: of the same history, or of one that the database
      // lost.
      if (entry.revision === this.head.revision + 1) this.#apply(entry, chain);
      else if ((this.ring.chainAt(entry.revision) ?? chain) !== chain) throw new HistoryChangedError();
    }
  }

  #apply(logged: LogEntry, chain: string): void {
    const entry = withStateBefore({ ...logged, changes: completeChanges(logged.changes) }, this.state);
    this.bootstrap?.recordBefore(entry);
    for (const { kind, id, after } of entry.changes) {
      if (after) this.state.put(kind, after);
      else this.state.remove(kind, id);
    }
    const floorRevision = Math.max(this.head.floorRevision, floorIn(entry));
    this.head = { ...this.head, revision: entry.revision, chain, floorRevision };
    this.ring.push(entry, chain);
    this.#listener.applied(entry);
    this.#early.take(entry.revision);
    const next = this.#early.take(entry.revision + 1);
    if (next) this.advance(next);
  }
}

function hasEntry(notice: RevisionNotice): notice is EntryNotice {
  return notice.entry !== undefined;
}
