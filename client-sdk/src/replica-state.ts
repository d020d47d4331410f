import type { Change, ResubscribeReason, SnapshotEndFrame, SnapshotFrame, StepFrame, SubscribeAck } from '@rollcall/protocol';

// The states, inputs and effects of the machine in replica-machine.ts.

/**
 * The replica's position in the log. The next step must begin at or below it, and a subscription
 * can resume from it.
 */
export interface Position {
  readonly revision: number;
  readonly cursor: string;
}

export interface StateBase {
  /**
   * Null until the server has sent it. Frames and later subscriptions name the organization by its
   * id, since slugs change.
   */
  readonly orgId: string | null;
  /** The number of the subscription, which identifies the reply to it. */
  readonly attempt: number;
  /**
   * Retries since the server last confirmed the replica. The delay grows with each, so that a
   * faulty server isn't flooded.
   */
  readonly failures: number;
}

/** `position` is null if there is no replica, or none that can be resumed. */
export type ReplicaState =
  | (StateBase & { readonly phase: 'offline'; readonly position: Position | null })
  | (StateBase & { readonly phase: 'subscribing'; readonly position: Position | null })
  /** `parts` is null before the first part. */
  | (StateBase & { readonly phase: 'loading'; readonly position: Position | null; readonly taken: number; readonly parts: number | null })
  | (StateBase & { readonly phase: 'live'; readonly position: Position; readonly held: readonly StepFrame[] })
  | (StateBase & { readonly phase: 'ended'; readonly ending: Ending });
export type Phase = ReplicaState['phase'];

export interface Ending {
  readonly kind: 'denied' | 'refused' | 'revoked' | 'closed';
  readonly reason: string;
  /** The revision that ended the access, if there was one. */
  readonly revision: number | null;
}

/** `resync` comes from the server. The client detects the others. */
export type ReportKind = ResubscribeReason | 'resync';

/** A problem from which the client recovered by itself, for the operator's metrics. */
export interface Report {
  /** The organization's id, or its slug while the id is unknown. */
  readonly org: string;
  readonly kind: ReportKind;
  readonly detail: string;
}

export type ReplicaInput =
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected' }
  | { readonly type: 'acknowledged'; readonly attempt: number; readonly ack: SubscribeAck }
  /** No reply in time, or an unreadable one. */
  | { readonly type: 'no-answer'; readonly attempt: number }
  /**
   * The client subscribed to the same organization by another name. A server has one subscription
   * to it per connection.
   */
  | { readonly type: 'displaced' }
  | { readonly type: 'snapshot'; readonly frame: SnapshotFrame }
  | { readonly type: 'snapshot-end'; readonly frame: SnapshotEndFrame }
  | { readonly type: 'step'; readonly frame: StepFrame }
  /**
   * `sentAt` is when the ping was sent, on this client's clock. `local` is this replica's checksum.
   */
  | {
      readonly type: 'pong';
      readonly sentAt: number;
      readonly server: Position & ReplicaChecksum;
      readonly local: ReplicaChecksum;
    }
  | { readonly type: 'revoked'; readonly revision: number; readonly reason: string }
  | { readonly type: 'resync'; readonly reason: string }
  /** The client's token now belongs to another user or organization. */
  | { readonly type: 'identity-changed' }
  /** The server closed the connection and doesn't accept this credential again. */
  | { readonly type: 'expelled'; readonly reason: string }
  /** The client's own limit of records is reached. */
  | { readonly type: 'refused'; readonly reason: string }
  /** An unreadable frame, or a handler that threw. */
  | { readonly type: 'failed'; readonly kind: ResubscribeReason; readonly detail: string }
  | { readonly type: 'close'; readonly reason: string };
export type InputType = ReplicaInput['type'];

export interface ReplicaChecksum {
  readonly count: number;
  readonly sum: number;
}

export interface SubscribeEffect {
  readonly type: 'subscribe';
  readonly attempt: number;
  readonly cursor: string | null;
  readonly failures: number;
  /** The problem of the previous subscription. */
  readonly because?: ResubscribeReason;
}

export type ReplicaEffect =
  | SubscribeEffect
  | { readonly type: 'unsubscribe' }
  /** Adds records to the pending replica. The first part creates it. */
  | { readonly type: 'take-part'; readonly isFirst: boolean; readonly records: SnapshotFrame['records'] }
  /** Replaces the replica by the pending one, if its checksum is `expected`. */
  | {
      readonly type: 'replace';
      readonly changes: readonly Change[];
      readonly revision: number;
      readonly expected: ReplicaChecksum;
    }
  | { readonly type: 'apply'; readonly changes: readonly Change[]; readonly revision: number; readonly isView: boolean }
  /** The replica was current at `sentAt`, and contains all changes up to `revision`. */
  | { readonly type: 'verify'; readonly revision: number; readonly sentAt: number }
  /**
   * The replica may be wrong. It stays readable until the next snapshot replaces it, but isn't
   * fresh.
   */
  | { readonly type: 'distrust' }
  /** The access of the replica's viewer ended. */
  | { readonly type: 'wipe'; readonly ending: Ending }
  | { readonly type: 'report'; readonly kind: ReportKind; readonly detail: string };

export interface Transition {
  readonly state: ReplicaState;
  readonly effects: readonly ReplicaEffect[];
}
