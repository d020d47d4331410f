import type { Audience, Checksum, RevokeReason } from '@rollcall/protocol';
import type { CatchUpStep } from './catch-up-steps.ts';
import type { Frame } from './frame.ts';

/** The states, inputs and effects of a subscription: see `subscription-machine.ts`. */

/** The part of a subscription that its group and the fan-out need. */
export interface GroupMember {
  readonly isWritable: boolean;
  handle(input: SubscriptionInput): void;
}

/**
 * The audience group of a live subscription. The machine reads its audience and compares its
 * identity.
 */
export interface SubscribedGroup {
  readonly audience: Audience;
  /** The changes up to this revision were taken for sending. */
  readonly flushed: number;
  /** The cursor at `flushed`. */
  readonly cursor: string;
  /** The checksum of the audience's records at `flushed`. Null until it is computed. */
  checksum: Checksum | null;
  /** The end of the step that is being written to the members. Null between steps. */
  readonly sendingUpTo: number | null;
  add(member: GroupMember, revision: number): void;
  remove(member: GroupMember): void;
}

/** A step that a group sends to its members. */
export interface GroupStep {
  readonly group: SubscribedGroup;
  readonly frames: readonly Frame[];
  /** The lowest revision of any member's replica. */
  readonly from: number;
  /** Where the group's previous step ended. The changes are the net changes after it. */
  readonly after: number;
  readonly to: number;
  /** The transition of each member that receives the step: see `deliveryOf`. */
  readonly delivery: Transition;
}

interface Common {
  /** The audience that the viewer's rights allow at the feed's head. */
  readonly audience: Audience;
}

export type Outdating = 'access-changed' | 'history-changed';

/** A replica is whole at `revision` once its client has read everything that was sent. */
export type SubscriptionState =
  /**
   * Not acknowledged yet, so it is sent nothing. It is already registered, so that no change to its
   * rights is missed (rule R5). `outdatedBy`: why its cursor no longer fits.
   */
  | (Common & { readonly phase: 'pending'; readonly outdatedBy: Outdating | null })
  /** A snapshot is being sent. `outdatedBy`: why it no longer fits. Another one follows. */
  | (Common & { readonly phase: 'loading'; readonly outdatedBy: Outdating | null })
  /** A member of its audience's group, and sent each of the group's steps. */
  | (Common & { readonly phase: 'live'; readonly group: SubscribedGroup; readonly revision: number })
  /**
   * In no group. It is sent catch-up steps at its client's pace (rule R9). `sentAudience` is what
   * the replica shows: it differs from `audience` after a change of rights, until the next catch-up
   * step. `isOutdated`: the replica is of another history.
   */
  | (Common & { readonly phase: 'lagging'; readonly sentAudience: Audience; readonly revision: number; readonly isOutdated: boolean })
  /**
   * In no group and without a replica. An `EventReader` reads the log at its client's pace. It ends
   * when its rights change, since its cursor is of one audience.
   */
  | (Common & { readonly phase: 'reading' })
  /** Nothing follows. `isDenied`: the rights ended before the subscription was acknowledged. */
  | (Common & { readonly phase: 'ended'; readonly wasAcknowledged: boolean; readonly isDenied: boolean });
export type Phase = SubscriptionState['phase'];

export type SubscriptionInput =
  /** The client has its response, so frames may follow. */
  | { readonly type: 'acknowledged' }
  /** The client reads events instead of steps. */
  | { readonly type: 'reading-events' }
  /** A part of a snapshot, or its end. */
  | { readonly type: 'snapshot-frame'; readonly frame: Frame }
  /** The snapshot that is being sent can't be completed. The next one begins. */
  | { readonly type: 'snapshot-abandoned' }
  /** The replica is whole at `revision`, and the group's next step continues it. */
  | { readonly type: 'joined'; readonly group: SubscribedGroup; readonly revision: number }
  /** The replica is whole at `revision`. `first` is the catch-up step that continues it. */
  | { readonly type: 'loaded'; readonly revision: number; readonly first: CatchUpStep }
  | { readonly type: 'step'; readonly step: GroupStep; readonly isWritable: boolean }
  | { readonly type: 'catch-up-frame'; readonly frame: Frame }
  /** All frames of a catch-up step were sent. */
  | { readonly type: 'caught-up'; readonly step: CatchUpStep; readonly headRevision: number }
  /**
   * `step` moves a live replica to the new audience. Null if the client reads too slowly, or if
   * only a snapshot does that.
   */
  | { readonly type: 'access-changed'; readonly audience: Audience; readonly step: CatchUpStep | null }
  /** The feed read another history. */
  | { readonly type: 'history-changed'; readonly audience: Audience }
  /** No step can continue the replica. */
  | { readonly type: 'replica-lost'; readonly reason: string }
  | { readonly type: 'presence'; readonly frame: Frame }
  | { readonly type: 'revoked'; readonly revision: number; readonly reason: RevokeReason }
  | { readonly type: 'credential-revoked' }
  | { readonly type: 'failed' }
  /** The client unsubscribed or disconnected. */
  | { readonly type: 'unsubscribed' };
export type InputType = SubscriptionInput['type'];

export type SubscriptionEffect =
  | { readonly type: 'send'; readonly frame: Frame }
  | { readonly type: 'leave'; readonly group: SubscribedGroup }
  | { readonly type: 'join'; readonly group: SubscribedGroup; readonly revision: number }
  /** Join the group of the current audience, with a replica at `revision`. */
  | { readonly type: 'rejoin'; readonly revision: number }
  /** Start slow-consumer recovery. */
  | { readonly type: 'catch-up'; readonly first: CatchUpStep | null }
  /** Announce that a snapshot follows. */
  | { readonly type: 'resync'; readonly reason: string }
  /** Start sending a new snapshot. */
  | { readonly type: 'restart'; readonly reason: string }
  /** The watched organization no longer needs the subscription. */
  | { readonly type: 'unregister' }
  | { readonly type: 'send-revoked'; readonly revision: number; readonly reason: RevokeReason }
  | { readonly type: 'send-access-changed' }
  | { readonly type: 'end-credential' }
  | { readonly type: 'fail-connection' };

export interface Transition {
  readonly state: SubscriptionState;
  readonly effects: readonly SubscriptionEffect[];
}
