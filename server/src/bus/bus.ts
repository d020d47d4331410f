import type { InstanceIdentity, InstanceSample, LogEntry, Revision } from '@rollcall/protocol';

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
 * What instances tell each other that is in no log: a hint where to look, or what is true only while it is said again
 * and again. Each has a topic of its own, so that a process which does not know it never hears it.
 */
export type Word =
  /** These users belong to other organizations now, or these organizations are called otherwise. */
  | { readonly type: 'memberships'; readonly userIds: readonly string[]; readonly orgIds: readonly string[] }
  /** All who look at this organization through one instance; nobody, when the last has gone. The instance counts its words. */
  | {
      readonly type: 'presence';
      readonly orgId: string;
      readonly instance: string;
      readonly number: number;
      readonly viewers: readonly PresentViewer[];
    }
  /** How an instance is. It counts its words. */
  | { readonly type: 'instance'; readonly instance: InstanceIdentity; readonly number: number; readonly sample: InstanceSample };

/** The topic of `memberships`. */
export const membershipsTopic = 'memberships';
/** The topic of `instance`. */
export const instancesTopic = 'instances';

export interface PresentViewer {
  readonly userId: string;
  readonly page: string | null;
  /** ISO 8601. */
  readonly since: string;
}

/** For whoever looks after the server: what carries the notices, and whether it does. */
export type BusStatus = 'memory' | 'redis' | 'redis-down';

/**
 * Tells every server process, this one included, that an organization moved on. Delivery is at most once and may be
 * out of order or repeated; a feed that misses a notice catches up from the log at the next sweep (rule R2).
 */
export interface Bus {
  readonly status: BusStatus;
  /**
   * Reaches the listeners of this process before it returns. Resolves once handed over, not once delivered; a bus that
   * is down counts what it cannot hand over, and does not reject.
   */
  publish(notice: RevisionNotice): Promise<void>;
  /**
   * Resolves when later notices are sure to be listened for, or when that takes too long to wait for: then doubt is
   * raised once they are. Dispose the result to stop.
   */
  subscribe(orgId: string, listener: (notice: RevisionNotice) => void): Promise<AsyncDisposable>;
  /**
   * Tells everybody who hears the topic, this process's own listeners before it returns; resolves as `publish` does. Not in
   * order, not surely, and 16 KiB at most: longer ones are counted as not published.
   */
  say(topic: string, word: Word): Promise<void>;
  /** As `subscribe`, for words. */
  hear(topic: string, listener: (word: Word) => void): Promise<AsyncDisposable>;
  /** Calls the listener when notices may have been lost, so that it looks at the log at once (rule R3). */
  onDoubt(listener: () => void): Disposable;
  close(): Promise<void>;
}
