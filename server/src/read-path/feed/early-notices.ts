import type { LogEntry } from '@rollcall/protocol';
import type { RevisionNotice } from '../../bus/bus.ts';
import type { Clock } from '../../runtime/clock.ts';

/** A notice that needs no read of the log, once its predecessors are applied. */
export interface EntryNotice extends RevisionNotice {
  readonly entry: LogEntry;
}

/**
 * The time to wait for a missing notice. It is already under way: Redis takes a millisecond or two,
 * and a busy process some more.
 */
export const noticeWaitMsMax = 25;
/** Notices have up to 16 KiB each. Beyond this number, one read of the log replaces all of them. */
const noticesMax = 100;

/**
 * Notices that arrived before their predecessors. When two instances commit one after the other,
 * the later notice often arrives first, above all when it comes from this process. Reading the log
 * would take three round trips to the database for a notice that is about to arrive.
 */
export class EarlyNotices {
  readonly #clock: Clock;
  readonly #onTimeout: (revision: number) => void;
  /** Null if there are none, because every feed would need the memory of an empty map. */
  #byRevision: Map<number, EntryNotice> | null = null;
  #cancel: (() => void) | null = null;

  /**
   * @param onTimeout called when the missing notices did not arrive: the log contains all entries
   * up to this revision
   */
  constructor(clock: Clock, onTimeout: (revision: number) => void) {
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  get isFull(): boolean {
    return this.#byRevision !== null && this.#byRevision.size >= noticesMax;
  }

  hold(notice: EntryNotice): void {
    const held = this.#byRevision ?? new Map<number, EntryNotice>();
    this.#byRevision = held.set(notice.revision, notice);
    this.#cancel ??= this.#clock.after(noticeWaitMsMax, () => {
      const last = Math.max(...held.keys());
      this.clear();
      this.#onTimeout(last);
    });
  }

  take(revision: number): EntryNotice | null {
    if (this.#byRevision === null) return null;
    const notice = this.#byRevision.get(revision) ?? null;
    this.#byRevision.delete(revision);
    if (this.#byRevision.size === 0) this.clear();
    return notice;
  }

  clear(): void {
    this.#byRevision = null;
    this.#cancel?.();
    this.#cancel = null;
  }
}
