import type { LogEntry, OrgRecord, OrgState } from '@rollcall/protocol';
import type { Head } from '../../database/records/read-log.ts';
import type { KindedRecord } from '../../database/records/records-read.ts';
import type { SlotCounts } from '../../domain/slots.ts';
import { GrowingList } from '../../runtime/collections/growing-list.ts';
import type { SharedReads } from '../../runtime/tasks/shared-reads.ts';

/** The bootstrap was abandoned, because another history was read or the last subscription ended. */
export class BootstrapAbandonedError extends Error {}

/** Records that are moved to the chunks in one tick at the end. */
const recordsPerChunk = 1_000;

/**
 * A feed's records while they are loaded page by page. Although the pages are of different
 * instants, two results are exact.
 * The feed's state contains the loaded records as of the feed's head. Before a page is added, the
 * feed is advanced to the page's head. A record that no entry has touched since the start therefore
 * has the page's value, and any other has its last value in the log.
 * `chunks` contains the records as of the start. A record that was touched before it was loaded has
 * the value that the log gives as its earlier one (see docs/adr/0016-load-feeds-in-pages.md).
 */
export class Bootstrap {
  /** The head at which the feed began. */
  readonly head: Head;
  readonly slots: SlotCounts;
  /** Reads members by their users' ids, ahead of their pages. */
  readonly membersOfUsers: SharedReads<KindedRecord>;
  /** All records as of `head`. */
  readonly chunks = new GrowingList<readonly KindedRecord[]>();
  readonly #state: OrgState;
  /**
   * The records that entries touched, by kind and id, with their value at the start. Null when that
   * value is in the chunks, or when there was none.
   */
  readonly #touched = new Map<string, KindedRecord | null>();

  constructor(head: Head, slots: SlotCounts, state: OrgState, membersOfUsers: SharedReads<KindedRecord>) {
    this.head = head;
    this.slots = slots;
    this.membersOfUsers = membersOfUsers;
    this.#state = state;
  }

  /** Must be called before the entry is applied to the state. */
  recordBefore(entry: LogEntry): void {
    for (const { kind, id, before } of entry.changes) {
      const key = `${kind}/${id}`;
      if (this.#touched.has(key)) continue;
      const isLoaded = this.#state.get(kind, id) !== null;
      this.#touched.set(key, isLoaded || !before ? null : ({ kind, record: before } as KindedRecord));
    }
  }

  /** Adds records that are not later than the feed's head. The same record may be added twice. */
  add(records: readonly KindedRecord[]): void {
    const fresh = records.filter(({ kind, record: { id } }) => !this.#touched.has(`${kind}/${id}`) && !this.#state.get(kind, id));
    for (const { kind, record } of fresh) this.#state.put(kind, record as OrgRecord);
    if (fresh.length > 0) this.chunks.push(fresh);
  }

  /** Called when all pages were added. */
  finish(): void {
    const earlier = [...this.#touched.values()].filter((one) => one !== null);
    for (let from = 0; from < earlier.length; from += recordsPerChunk) this.chunks.push(earlier.slice(from, from + recordsPerChunk));
    this.chunks.end();
  }

  abandon(): void {
    this.chunks.fail(new BootstrapAbandonedError('The bootstrap was abandoned.'));
  }
}
