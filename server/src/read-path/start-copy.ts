import type { LogEntry, OrgRecord, OrgState } from '@rollcall/protocol';
import type { Head } from '../database/records/read-log.ts';
import type { KindedRecord } from '../database/records/records-read.ts';
import type { Places } from '../domain/places.ts';
import { GrowingList } from '../runtime/growing-list.ts';

/** The bootstrap was abandoned, because another history was read or the last subscription ended. */
export class CopyAbandonedError extends Error {}

/** Records that are taken out at the end in one tick. */
const recordsPerChunk = 1_000;

/**
 * A feed's records while they are loaded page by page. Although the pages are of different
 * instants, two results are exact.
 * The feed's state contains the loaded records as of the feed's head. Before a page is taken, the
 * feed is advanced to the page's head. A record that no entry has touched since the start therefore
 * has the page's value, and any other has its last value in the log.
 * `chunks` contains the records as of the start. A record that was touched before it was loaded has
 * the value that the log gives as its earlier one (see docs/adr/0016-load-feeds-in-pages.md).
 */
export class StartCopy {
  /** The head at which the feed began. */
  readonly head: Head;
  readonly places: Places;
  /** All records as of `head`. */
  readonly chunks = new GrowingList<readonly KindedRecord[]>();
  readonly #state: OrgState;
  /**
   * The records that entries touched, by kind and id, with their value at the start. Null when that
   * value is in the chunks, or when there was none.
   */
  readonly #touched = new Map<string, KindedRecord | null>();

  constructor(head: Head, places: Places, state: OrgState) {
    this.head = head;
    this.places = places;
    this.#state = state;
  }

  /** Must be called before the entry is applied to the state. */
  note(entry: LogEntry): void {
    for (const { kind, id, before } of entry.changes) {
      const key = `${kind}/${id}`;
      if (this.#touched.has(key)) continue;
      const isTaken = this.#state.get(kind, id) !== null;
      this.#touched.set(key, isTaken || !before ? null : ({ kind, record: before } as KindedRecord));
    }
  }

  /** Takes records that are not later than the feed's head. The same record may be taken twice. */
  take(records: readonly KindedRecord[]): void {
    const fresh = records.filter(({ kind, record: { id } }) => !this.#touched.has(`${kind}/${id}`) && !this.#state.get(kind, id));
    for (const { kind, record } of fresh) this.#state.put(kind, record as OrgRecord);
    if (fresh.length > 0) this.chunks.push(fresh);
  }

  /** Called when all pages were taken. */
  finish(): void {
    const earlier = [...this.#touched.values()].filter((one) => one !== null);
    for (let from = 0; from < earlier.length; from += recordsPerChunk) this.chunks.push(earlier.slice(from, from + recordsPerChunk));
    this.chunks.end();
  }

  abandon(): void {
    this.chunks.fail(new CopyAbandonedError('The copy was given up.'));
  }
}
