import type { LogEntry, Revision } from '@rollcall/protocol';

/**
 * Says "`orgId` has reached `revision`", with the entry itself when it is small. Never the truth: the log is.
 * `chain` is the chain at `revision`, so that a receiver knows whether the entry follows what it has.
 */
export interface RevisionNotice {
  readonly orgId: string;
  readonly revision: Revision;
  readonly chain: string;
  readonly entry?: LogEntry;
}

/**
 * Tells every server process, this one included, that an organization moved on. Delivery is at most once and may be
 * out of order or repeated; a feed that misses a notice catches up from the log at the next sweep (rule R2).
 */
export interface Bus {
  /** Reaches the listeners of this process before it returns. Resolves once handed over, not once delivered. */
  publish(notice: RevisionNotice): Promise<void>;
  /** Resolves when later notices are sure to be listened for. Dispose the result to stop. */
  subscribe(orgId: string, listener: (notice: RevisionNotice) => void): Promise<AsyncDisposable>;
  close(): Promise<void>;
}
