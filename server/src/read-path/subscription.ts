import type { RevokeReason } from '@rollcall/protocol';
import type { Audience } from '../domain/audience.ts';
import type { Viewer } from '../domain/judge-viewer.ts';
import type { AudienceGroup } from './audience-group.ts';
import { encodeFrame, type Frame } from './frame.ts';

/** Where a subscription's frames go: one client's connection. */
export interface Outlet {
  send(frame: Frame): void;
  /** The subscription ended on our side, after its last frame. */
  ended(orgId: string): void;
  /** The subscription cannot be served: the connection is closed, and the client comes back. */
  failed(): void;
}

/**
 * One viewer's subscription to one organization. It is `loading` until its copy is whole: registered, so that what
 * happens to its rights meanwhile is noticed, but sent no steps (rule R5).
 */
export class Subscription {
  readonly orgId: string;
  readonly viewer: Viewer;
  readonly #outlet: Outlet;
  status: 'loading' | 'live' | 'ended' = 'loading';
  /** As judged at the channel's head. */
  audience: Audience;
  /** Where the client's copy stands once it has read all that was sent. Meaningful while live. */
  own = 0;
  /** Set while live. */
  group: AudienceGroup | null = null;
  /** While loading: the acknowledgement is out, so frames may follow. */
  isAcknowledged = false;
  /** While loading: the copy under way is for another audience than the one of now. */
  mustRestart = false;

  constructor(orgId: string, viewer: Viewer, audience: Audience, outlet: Outlet) {
    this.orgId = orgId;
    this.viewer = viewer;
    this.audience = audience;
    this.#outlet = outlet;
  }

  send(frame: Frame): void {
    if (this.status !== 'ended') this.#outlet.send(frame);
  }

  /** No frame follows. */
  end(): void {
    if (this.status === 'ended') return;
    this.status = 'ended';
    this.group?.remove(this);
    this.group = null;
  }

  /** Rule R11: what cannot be served here costs this client a reconnect, and others nothing. */
  fail(): void {
    if (this.status === 'ended') return;
    this.end();
    this.#outlet.failed();
  }

  /** Rule A2: the end is the guarantee, the frame a courtesy. */
  revoke(revision: number, reason: RevokeReason): void {
    if (this.status === 'ended') return;
    const wasAcknowledged = this.isAcknowledged;
    this.end();
    if (!wasAcknowledged) return;
    this.#outlet.send(encodeFrame('revoked', { org: this.orgId, revision, reason }));
    this.#outlet.ended(this.orgId);
  }
}
