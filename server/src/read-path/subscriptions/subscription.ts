import type { Audience, Checksum, RevokeReason } from '@rollcall/protocol';
import type { Viewer } from '../../domain/evaluate-access.ts';
import type { Frame } from './frame.ts';
import { initialSubscriptionState, nextSubscriptionState } from './subscription-machine.ts';
import type { Phase, SubscribedGroup, SubscriptionEffect, SubscriptionInput, SubscriptionState } from './subscription-state.ts';

/** The connection that receives a subscription's frames. */
export interface FrameSink {
  send(frame: Frame): void;
  /** Whether the client reads fast enough to be sent more (rule R9). */
  isWritable(): boolean;
  /** Resolves when more may be sent, or when the connection ended. */
  whenWritable(): Promise<void>;
  /** The client reads too slowly while others wait. Its connection is closed. */
  tooSlow(): void;
  /** The client was sent everything that a catch-up contains. Its subscription is live. */
  caughtUp?(subscription: Subscription): void;
  /** The server ended the subscription, after its last frame. */
  ended(orgId: string): void;
  /** The credential of the connection was revoked. Everything that it opened ends. */
  credentialRevoked(): void;
  /** The subscription can't be served. The connection is closed, so that the client reconnects. */
  failed(): void;
}

export interface Position extends Checksum {
  readonly revision: number;
  readonly cursor: string;
}

/** Performs the effects of a subscription. Its watched organization implements this. */
export interface EffectPerformer {
  perform(subscription: Subscription, effect: SubscriptionEffect, sink: FrameSink): void;
  /** Ends the subscription if its viewer has no access any more. */
  evaluateAgain(subscription: Subscription): void;
}

const nothing = () => {};

/** One viewer's subscription to one organization. Only `handle` changes its state. */
export class Subscription {
  readonly orgId: string;
  readonly viewer: Viewer;
  /** The user, organization or service to which the connection belongs. */
  readonly owner: string;
  readonly #sink: FrameSink;
  readonly #performer: EffectPerformer;
  #state: SubscriptionState;
  #onEnded = nothing;

  constructor(orgId: string, viewer: Viewer, owner: string, audience: Audience, sink: FrameSink, performer: EffectPerformer) {
    this.orgId = orgId;
    this.viewer = viewer;
    this.owner = owner;
    this.#sink = sink;
    this.#performer = performer;
    this.#state = initialSubscriptionState(audience);
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  get phase(): Phase {
    return this.#state.phase;
  }

  get audience(): Audience {
    return this.#state.audience;
  }

  /** Null unless live. */
  get group(): SubscribedGroup | null {
    return this.#state.phase === 'live' ? this.#state.group : null;
  }

  /**
   * The position that a pong confirms. Null while the checksum is unknown, or while the client
   * hasn't been sent everything up to that position. Also null while the client is ahead of its
   * group: after a change of rights it gets a step to the head, and its new group gets that step
   * later.
   */
  get position(): Position | null {
    if (this.#state.phase !== 'live') return null;
    const { revision, group } = this.#state;
    const { flushed, cursor, checksum, sendingUpTo } = group;
    if (!checksum || revision > flushed || (sendingUpTo !== null && revision < sendingUpTo)) return null;
    return { revision: flushed, cursor, ...checksum };
  }

  get isAcknowledged(): boolean {
    return this.#state.phase === 'ended' ? this.#state.wasAcknowledged : this.#state.phase !== 'pending';
  }

  /** Whether the viewer's access ended before the acknowledgment. The response is then a denial. */
  get isDenied(): boolean {
    return this.#state.phase === 'ended' && this.#state.isDenied;
  }

  get isWritable(): boolean {
    return this.#sink.isWritable();
  }

  /** Whether it is open and its client reads too slowly to be sent more. */
  get mustWait(): boolean {
    return this.#state.phase !== 'ended' && !this.#sink.isWritable();
  }

  /** Resolves when more may be sent. The phase may have changed by then. */
  async whenWritable(): Promise<void> {
    if (this.mustWait) await this.#sink.whenWritable();
  }

  closeAsTooSlow(): void {
    this.#sink.tooSlow();
  }

  handle(input: SubscriptionInput): void {
    const { state, effects } = nextSubscriptionState(this.#state, input);
    const isEnding = state.phase === 'ended' && this.#state.phase !== 'ended';
    this.#state = state;
    if (isEnding) this.#onEnded();
    for (const effect of effects) this.#performer.perform(this, effect, this.#sink);
  }

  /**
   * Registers the listener that is called in the event-loop turn in which the subscription ends. It
   * replaces an earlier one.
   */
  onEnded(listener: () => void): void {
    this.#onEnded = listener;
  }

  /** Called when a fact about the viewer has changed that is not part of the organization. */
  evaluateAgain(): void {
    if (this.#state.phase !== 'ended') this.#performer.evaluateAgain(this);
  }

  revoke(revision: number, reason: RevokeReason): void {
    this.handle({ type: 'revoked', revision, reason });
  }

  /** The client unsubscribed or disconnected. No frame follows. */
  end(): void {
    this.handle({ type: 'unsubscribed' });
  }
}
