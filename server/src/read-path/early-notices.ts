import type { LogEntry } from '@rollcall/protocol';
import type { RevisionNotice } from '../bus/bus.ts';
import type { Clock } from '../runtime/clock.ts';

/** A notice that needs no look at the log, once what it follows is there. */
export interface EntryNotice extends RevisionNotice {
  readonly entry: LogEntry;
}

/** So long the notice in between is waited for: it is under way, and Redis takes a millisecond or two; a busy process takes some more. */
const waitMsMax = 25;
/** Of 16 KiB at most each. With more the log is read, which tells all of them at once. */
const noticesMax = 100;

/**
 * Notices that came before those they follow. Two instances commit one after the other, and the later one's word is often
 * quicker, most of all where it was said in this very process. Reading the log would cost three trips to the database
 * for what is about to be told.
 */
export class EarlyNotices {
  readonly #clock: Clock;
  readonly #give: (revision: number) => void;
  readonly #byRevision = new Map<number, EntryNotice>();
  #cancel: (() => void) | null = null;

  /** @param give called when what is in between did not come: the log has all up to this revision */
  constructor(clock: Clock, give: (revision: number) => void) {
    this.#clock = clock;
    this.#give = give;
  }

  get isFull(): boolean {
    return this.#byRevision.size >= noticesMax;
  }

  hold(notice: EntryNotice): void {
    this.#byRevision.set(notice.revision, notice);
    this.#cancel ??= this.#clock.after(waitMsMax, () => {
      const last = Math.max(...this.#byRevision.keys());
      this.clear();
      this.#give(last);
    });
  }

  take(revision: number): EntryNotice | null {
    const notice = this.#byRevision.get(revision) ?? null;
    this.#byRevision.delete(revision);
    if (this.#byRevision.size === 0) this.clear();
    return notice;
  }

  clear(): void {
    this.#byRevision.clear();
    this.#cancel?.();
    this.#cancel = null;
  }
}
