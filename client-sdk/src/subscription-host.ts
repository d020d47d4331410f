import type { ProductScopes } from '@rollcall/protocol';
import type { Clock } from './clock.ts';
import type { ErrorHandler } from './emitter.ts';
import type { PresenceMessage } from './presence.ts';
import type { ReplicaOutput } from './replica.ts';
import type { ReportKind } from './replica-state.ts';
import type { Subscription } from './subscription.ts';

/** A problem from which the client recovered by itself, for the operator's metrics. */
export interface Report {
  /** The organization's id, or its slug while the id is unknown. */
  readonly org: string;
  readonly kind: ReportKind;
  readonly detail: string;
}

export type SubscribeRequest = Extract<ReplicaOutput, { type: 'subscribe' }>;

/** The functions of the client that a subscription uses. */
export interface SubscriptionHost {
  readonly now: Clock;
  readonly leaseMs: number;
  /** The scopes of the server's permission table, see `can`. */
  productScopes(): ProductScopes;
  readonly random: () => number;
  /** Runs once, after `ms`, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
  subscribe(subscription: Subscription, request: SubscribeRequest): void;
  unsubscribe(subscription: Subscription): void;
  /** Sends one ping soon, for all calls in the same tick. */
  ping(): void;
  report(report: Report): void;
  /** The result of `can()` while there is no replica. */
  whyNoReplica(): 'no-copy' | 'unreachable' | 'credential-ended';
  /** Why the last connection or the last attempt failed. Null while there is a connection. */
  connectionProblem(): string | null;
  /**
   * Counts records that a replica gained or lost. If all replicas together have too many, it
   * refuses the one that has the most.
   */
  countRecords(change: number): void;
  /** Publishes what this user views, see `Presence`. */
  showPresence(subscription: Subscription, message: PresenceMessage): void;
  readonly onError: ErrorHandler;
}
