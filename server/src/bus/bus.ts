import type { InstanceIdentity, InstanceSample, LogEntry, Revision } from '@rollcall/protocol';

/**
 * A notice that `orgId` has reached `revision`, with the entry itself when it is small. It is never
 * the source of truth: that is the log. `chain` is the chain at `revision`, so a receiver can check
 * that the entry follows its own state. `epoch` is the log's, so that an entry from before the
 * database was restored is not applied after it. Older servers leave it out: their entries are then
 * read from the log.
 */
export interface RevisionNotice {
  readonly orgId: string;
  readonly revision: Revision;
  readonly chain: string;
  readonly epoch?: string;
  readonly entry?: LogEntry;
}

/**
 * An ephemeral message between instances, which is in no log. It is a hint where to look, or state
 * that is valid only while it is broadcast again and again. Each type has its own topic, so a
 * process that does not know the type never receives it.
 */
export type EphemeralMessage =
  /** The memberships of these users changed, or the names or slugs of these organizations. */
  | { readonly type: 'memberships'; readonly userIds: readonly string[]; readonly orgIds: readonly string[] }
  /**
   * All viewers of this organization on one instance; empty when the last one left. The instance
   * numbers its messages.
   */
  | {
      readonly type: 'presence';
      readonly orgId: string;
      readonly instance: string;
      readonly number: number;
      readonly viewers: readonly PresentViewer[];
    }
  /** The measurements of an instance. The instance numbers its messages. */
  | { readonly type: 'instance'; readonly instance: InstanceIdentity; readonly number: number; readonly sample: InstanceSample }
  /**
   * Requests the viewers of an organization from the other instances. `instance` is the requester.
   */
  | { readonly type: 'viewers-request'; readonly id: string; readonly instance: string; readonly orgId: string }
  /** One of the parts of an instance's response to `viewers-request`, numbered from 0. */
  | {
      readonly type: 'viewers';
      readonly id: string;
      readonly instance: string;
      readonly part: number;
      readonly parts: number;
      readonly viewers: readonly CountedViewer[];
    }
  | ReceiptMessage;

/** Questions of one instance to another, and its reports on the other's questions. */
export interface ReceiptMessage {
  readonly type: 'receipts';
  /** The sender. */
  readonly instance: string;
  readonly questions: readonly ReceiptQuestion[];
  readonly reports: readonly ReceiptReport[];
}

/** Whether the receiver has applied all of these revisions. */
export interface ReceiptQuestion {
  /** Chosen by the sender. */
  readonly id: number;
  readonly ranges: readonly RevisionRange[];
}

export interface RevisionRange {
  readonly orgId: string;
  readonly first: Revision;
  readonly last: Revision;
  /**
   * The chain at `last`. A feed may have applied another revision of that number, which a failover
   * or a restored backup has lost.
   */
  readonly chain: string;
}

/** The sender has applied all revisions of the question. */
export interface ReceiptReport {
  readonly id: number;
  /** The number of subscriptions that the revisions ended on the sender. */
  readonly ended: number;
}

/** The topic of messages of the type `receipts` to one instance. */
export function receiptsTopicOf(instance: string): string {
  return `receipts:${instance}`;
}

/** The topic of messages of the type `memberships`. */
export const membershipsTopic = 'memberships';
/** The topic of messages of the type `instance`. */
export const instancesTopic = 'instances';
/** The topic of messages of the type `viewers-request`. */
export const viewersTopic = 'viewers';

/** The topic of messages of the type `viewers` to one instance. */
export function viewersTopicOf(instance: string): string {
  return `viewers:${instance}`;
}

/** The subscriptions of one viewer from one address, with the same login. */
export interface CountedViewer {
  /** Null if it is unknown. */
  readonly address: string | null;
  /** Null for an organization token. */
  readonly userId: string | null;
  readonly orgTokenId: string | null;
  /** The login of a session. Null for a token. */
  readonly session: CountedSession | null;
  readonly subscriptions: number;
}

export interface CountedSession {
  /** Whether it began with a password. */
  readonly isFull: boolean;
  /** The session's single sign-on to the organization. Null if it has none. */
  readonly binding: { readonly providerId: string; readonly generation: number; readonly expiresAt: string } | null;
}

export interface PresentViewer {
  readonly userId: string;
  readonly page: string | null;
  /** ISO 8601. */
  readonly since: string;
}

/** For the operator: the transport of the notices, and whether it works. */
export type BusStatus = 'memory' | 'redis' | 'redis-down';

/**
 * Notifies every server process, this one included, that an organization has a new revision.
 * Delivery is at most once, and may be out of order or repeated. A feed that misses a notice
 * catches up from the log at the next sweep (rule R2).
 */
export interface Bus {
  readonly status: BusStatus;
  /**
   * Calls the listeners of this process before it returns. Resolves when the message is handed
   * over, not when it is delivered. If the bus is down, it counts the message as not published and
   * does not reject.
   */
  publish(notice: RevisionNotice): Promise<void>;
  /**
   * Resolves when all later notices will reach the listener. If that takes too long it resolves
   * earlier, and a gap is reported once they do. Dispose the result to stop.
   */
  subscribe(orgId: string, listener: (notice: RevisionNotice) => void): Promise<AsyncDisposable>;
  /**
   * Broadcasts to all listeners of the topic, those of this process before it returns. Resolves as
   * `publish` does. Order and delivery are not guaranteed. Messages over 16 KiB are counted as not
   * published.
   */
  broadcast(topic: string, message: EphemeralMessage): Promise<void>;
  /** Listens as `subscribe` does, for ephemeral messages. */
  onBroadcast(topic: string, listener: (message: EphemeralMessage) => void): Promise<AsyncDisposable>;
  /**
   * Calls the listener when notices may have been lost, so that it checks the log immediately (rule
   * R3).
   */
  onGap(listener: () => void): Disposable;
  close(): Promise<void>;
}
