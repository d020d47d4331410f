import type { LogEntry, OrgRecord, OrgState } from '@rollcall/protocol';
import type { Head } from '../database/records/read-log.ts';
import type { KindedRecord } from '../database/records/records-read.ts';
import type { Places } from '../domain/places.ts';
import { GrowingList } from '../runtime/growing-list.ts';

/** The copy was given up while it was made: another history was read, or nobody watches any more. */
export class CopyAbandonedError extends Error {}

/** Records taken out at the end in one turn. */
const recordsPerChunk = 1_000;

/**
 * A feed's records while they come in page by page, put together so that two things are exact although the pages are of
 * different moments. The feed's state holds what came in as of the feed's head: before a page is taken, the feed is brought to
 * the page's head, so a record that no entry has touched since the start is what the page says, and of all others the log
 * has the last value. `chunks` holds the records as of the start: what was touched before it came in, the log knows
 * as it was before (see docs/adr/0016-load-feeds-in-pages.md).
 */
export class StartCopy {
  /** Where the feed began. */
  readonly head: Head;
  readonly places: Places;
  /** All records as of `head`. */
  readonly chunks = new GrowingList<readonly KindedRecord[]>();
  readonly #state: OrgState;
  /** What entries touched, by kind and id: as it was at the start, where that is not among the chunks. */
  readonly #touched = new Map<string, KindedRecord | null>();

  constructor(head: Head, places: Places, state: OrgState) {
    this.head = head;
    this.places = places;
    this.#state = state;
  }

  /** Before the entry is applied to the state. */
  note(entry: LogEntry): void {
    for (const { kind, id, before } of entry.changes) {
      const key = `${kind}/${id}`;
      if (this.#touched.has(key)) continue;
      const isTaken = this.#state.get(kind, id) !== null;
      this.#touched.set(key, isTaken || !before ? null : ({ kind, record: before } as KindedRecord));
    }
  }

  /** Takes records that are not of later than the feed's head. Any of them may come twice. */
  take(records: readonly KindedRecord[]): void {
    const fresh = records.filter(({ kind, record: { id } }) => !this.#touched.has(`${kind}/${id}`) && !this.#state.get(kind, id));
    for (const { kind, record } of fresh) this.#state.put(kind, record as OrgRecord);
    if (fresh.length > 0) this.chunks.push(fresh);
  }

  /** All pages were taken. */
  finish(): void {
    const earlier = [...this.#touched.values()].filter((one) => one !== null);
    for (let from = 0; from < earlier.length; from += recordsPerChunk) this.chunks.push(earlier.slice(from, from + recordsPerChunk));
    this.chunks.end();
  }

  abandon(): void {
    this.chunks.fail(new CopyAbandonedError('The copy was given up.'));
  }
}
