import type { Checksum, LogChange } from '@rollcall/protocol';
import type { Audience } from '../domain/audience.ts';
import { advanceChecksum, visibleChanges } from '../domain/visible-changes.ts';
import { encodeCursor } from './cursor.ts';
import type { Feed } from './feed.ts';
import { encodeStep, type Frame } from './frame.ts';
import type { SubscribedGroup, Subscription } from './subscription.ts';

export interface TakenStep {
  readonly frames: readonly Frame[];
  /** The lowest that a member stands at. */
  readonly from: number;
  /** What the group had been told: the changes are those after it, joined. */
  readonly after: number;
  readonly to: number;
}

/** Read path: the live subscriptions that see the same, and how far they have been told. */
export class AudienceGroup implements SubscribedGroup {
  readonly audience: Audience;
  readonly members = new Set<Subscription>();
  /** Everything up to here was taken for sending. */
  flushed: number;
  /** Over the audience's records at `flushed`; null until it was counted. */
  checksum: Checksum | null;
  /** While a step is being written to the members: where it starts and ends. Who stands below its end has not been sent it. */
  underWay: { readonly from: number; readonly to: number } | null = null;
  readonly #orgId: string;
  #epoch: string;
  #chain: string;
  /**
   * Where the last step ended. The next one starts here, which widens it over ranges that showed this audience
   * nothing (rule R8).
   */
  #lastTo: number;

  constructor(audience: Audience, feed: Feed, checksum: Checksum | null) {
    this.audience = audience;
    this.#orgId = feed.orgId;
    this.flushed = feed.head.revision;
    this.#lastTo = feed.head.revision;
    this.#epoch = feed.head.epoch;
    this.#chain = feed.head.chain;
    this.checksum = checksum;
  }

  get cursor(): string {
    return encodeCursor({ epoch: this.#epoch, revision: this.flushed, chain: this.#chain, audienceKey: this.audience.key });
  }

  add(subscription: Subscription, own: number): void {
    this.members.add(subscription);
    subscription.group = this;
    subscription.own = own;
    // Its copy is older than our last step, but nothing it may see happened in between: the next step must reach back to it.
    this.#lastTo = Math.min(this.#lastTo, own);
  }

  /** Whether all up to `flushed` is on its way to this member. */
  hasTold({ own }: Subscription): boolean {
    return this.underWay === null || own >= this.underWay.to;
  }

  remove(subscription: Subscription): void {
    this.members.delete(subscription);
  }

  /** Takes what is to be sent up to the feed's head. Null when it shows this audience nothing. */
  takeStep(feed: Feed, net: readonly LogChange[]): TakenStep | null {
    const { revision: to, chain, epoch } = feed.head;
    const after = this.flushed;
    this.flushed = to;
    this.#chain = chain;
    this.#epoch = epoch;
    const changes = visibleChanges(this.audience, net);
    if (changes.length === 0) return null;
    this.checksum &&= advanceChecksum(this.checksum, this.audience, net);
    const from = this.#lastTo;
    this.#lastTo = to;
    const frames = encodeStep({ org: this.#orgId, from, to, cursor: this.cursor }, changes);
    this.underWay = { from, to };
    return { frames, from, after, to };
  }
}
