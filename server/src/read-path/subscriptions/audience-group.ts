import { type Audience, type Checksum, emptyChecksum, type LogChange } from '@rollcall/protocol';
import type { Head } from '../../database/records/read-log.ts';
import { advanceChecksum, visibleChanges } from '../../domain/visible-changes.ts';
import { mapYielding } from '../../runtime/tasks/map-yielding.ts';
import { encodeCursor } from '../feed/cursor.ts';
import type { Feed } from '../feed/feed.ts';
import { joinStep } from './frame.ts';
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
   * Encodes the changes for a step, and computes the checksums of their records, while other work
   * of the process is done. The group stays as it is.
   */
  async encodeYielding(net: readonly LogChange[]): Promise<readonly string[]> {
    const texts = await mapYielding(net, (change) => {
      // The checksum of each record is kept, so that `takeStep` only adds them.
      advanceChecksum(emptyChecksum, this.audience, [change]);
      return encodeVisible(this.audience, [change]);
    });
    return texts.flat();
  }

  /**
   * Takes the step to a head of the feed for sending. Null if it contains nothing visible to this
   * audience.
   * @param net the changes from `flushed` to that head
   * @param texts what the audience sees of them, as JSON
   */
  takeStep(
    { revision: to, chain, epoch }: Head,
    net: readonly LogChange[],
    texts: readonly string[] = encodeVisible(this.audience, net),
  ): GroupStep | null {
    const after = this.flushed;
    this.flushed = to;
    this.#chain = chain;
    this.#epoch = epoch;
    if (texts.length === 0) return null;
    this.checksum &&= advanceChecksum(this.checksum, this.audience, net);
    const from = this.#lastTo;
    this.#lastTo = to;
    const frames = joinStep({ org: this.#orgId, from, to, cursor: this.cursor }, texts);
    this.sendingUpTo = to;
    return { group: this, frames, from, after, to, delivery: deliveryOf(this, to, frames[0]!) };
  }
}

function encodeVisible(audience: Audience, net: readonly LogChange[]): string[] {
  return visibleChanges(audience, net).map((change) => JSON.stringify(change));
}
