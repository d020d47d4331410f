import type { Audience, Checksum, LogChange } from '@rollcall/protocol';
import { advanceChecksum, visibleChanges } from '../domain/visible-changes.ts';
import { encodeCursor } from './cursor.ts';
import type { Feed } from './feed.ts';
import { encodeStep } from './frame.ts';
import { deliveryOf } from './subscription-machine.ts';
import type { GroupMember, GroupStep, SubscribedGroup } from './subscription-state.ts';

/** Read path: the live subscriptions of one audience, and the revision that was sent to them. */
export class AudienceGroup implements SubscribedGroup {
  readonly audience: Audience;
  readonly members = new Set<GroupMember>();
  flushed: number;
  checksum: Checksum | null;
  sendingUpTo: number | null = null;
  readonly #orgId: string;
  #epoch: string;
  #chain: string;
  /**
   * The end of the previous step. The next step starts here, so it also covers the revisions
   * without visible changes (rule R8).
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

  add(member: GroupMember, revision: number): void {
    this.members.add(member);
    // The member's replica may be older than the previous step, if nothing visible changed in
    // between. The next step therefore begins at the replica's revision.
    this.#lastTo = Math.min(this.#lastTo, revision);
  }

  remove(member: GroupMember): void {
    this.members.delete(member);
  }

  /**
   * Takes the step to the feed's head for sending. Null if it contains nothing visible to this
   * audience.
   */
  takeStep(feed: Feed, net: readonly LogChange[]): GroupStep | null {
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
    this.sendingUpTo = to;
    return { group: this, frames, from, after, to, delivery: deliveryOf(this, to, frames[0]!) };
  }
}
