import type { Checksum, RevokeReason } from '@rollcall/protocol';
import type { Audience } from '../domain/audience.ts';
import type { Viewer } from '../domain/judge-viewer.ts';
import { encodeFrame, type Frame } from './frame.ts';

/** Where a subscription's frames go: one client's connection. */
export interface Outlet {
  send(frame: Frame): void;
  /** Whether the client reads fast enough to be sent more (rule R9). */
  hasRoom(): boolean;
  /** Resolves when it may be sent more, or its connection is over. */
  whenRoom(): Promise<void>;
  /** The subscription ended on our side, after its last frame. */
  ended(orgId: string): void;
  /** What the connection came with is no more: all that it opened ends. */
  credentialRevoked(): void;
  /** The subscription cannot be served: the connection is closed, and the client comes back. */
  failed(): void;
}

/** The group that a live subscription is in: an `AudienceGroup`, which in turn holds its subscriptions. */
export interface SubscribedGroup {
  readonly audience: Audience;
  readonly flushed: number;
  readonly cursor: string;
  checksum: Checksum | null;
  hasTold(subscription: Subscription): boolean;
  remove(subscription: Subscription): void;
}

/**
 * One viewer's subscription to one organization. It is `loading` until its copy is whole: registered, so that what
 * happens to its rights meanwhile is noticed, but sent no steps (rule R5). `live`, it is in its audience's group and
 * sent every step. `behind`, its copy is whole at `own`, but it is in no group and is carried on at the client's own
 * pace (rule R9); what happens to its rights takes effect all the same: an end at once, a move with the next step.
 */
export class Subscription {
  readonly orgId: string;
  readonly viewer: Viewer;
  readonly #outlet: Outlet;
  status: 'loading' | 'live' | 'behind' | 'ended' = 'loading';
  /** As judged at the channel's head. */
  audience: Audience;
  /** Where the client's copy stands once it has read all that was sent. Meaningful while live or behind. */
  own = 0;
  /** What the copy is of: differs from `audience` while behind and moved. */
  held: Audience;
  /** Set while live. */
  group: SubscribedGroup | null = null;
  /** It ended because its rights did, and not on the client's wish. */
  isRevoked = false;
  /** While loading: the acknowledgement is out, so frames may follow. */
  isAcknowledged = false;
  /** While loading: the copy under way is for another audience than the one of now. While behind: it is of another history. */
  mustRestart = false;
  /** Told once, in the turn it ends. */
  onEnded: () => void = () => {};

  constructor(orgId: string, viewer: Viewer, audience: Audience, outlet: Outlet) {
    this.orgId = orgId;
    this.viewer = viewer;
    this.audience = audience;
    this.held = audience;
    this.#outlet = outlet;
  }

  send(frame: Frame): void {
    if (this.status !== 'ended') this.#outlet.send(frame);
  }

  get hasRoom(): boolean {
    return this.#outlet.hasRoom();
  }

  /** Resolves when more may be sent. Look at the status after it: the subscription may have ended. */
  async room(): Promise<void> {
    if (this.status !== 'ended' && !this.#outlet.hasRoom()) await this.#outlet.whenRoom();
  }

  /** No frame follows. */
  end(): void {
    if (this.status === 'ended') return;
    this.status = 'ended';
    this.group?.remove(this);
    this.group = null;
    this.onEnded();
  }

  /** Rule R11: what cannot be served here costs this client a reconnect, and others nothing. */
  fail(): void {
    if (this.status === 'ended') return;
    this.end();
    this.#outlet.failed();
  }

  /** With all that its connection opened: the credential is no more. */
  endCredential(): void {
    if (this.status === 'ended') return;
    this.end();
    this.#outlet.credentialRevoked();
  }

  /** Rule A2: the end is the guarantee, the frame a courtesy. */
  revoke(revision: number, reason: RevokeReason): void {
    if (this.status === 'ended') return;
    const wasAcknowledged = this.isAcknowledged;
    this.isRevoked = true;
    this.end();
    if (!wasAcknowledged) return;
    this.#outlet.send(encodeFrame('revoked', { org: this.orgId, revision, reason }));
    this.#outlet.ended(this.orgId);
  }
}
