import { type Audience, type Change, type Checksum, coalesceChanges, type LogChange, type SubscribeAck } from '@rollcall/protocol';
import type { Head } from '../../database/records/read-log.ts';
import { nextChain } from '../../domain/chain.ts';
import { completeChanges } from '../../domain/complete-changes.ts';
import { advanceChecksum, visibleChanges } from '../../domain/visible-changes.ts';
import { yieldToLoop } from '../../runtime/clock.ts';
import { BootstrapAbandonedError } from '../feed/bootstrap.ts';
import { type Cursor, decodeCursor, encodeCursor } from '../feed/cursor.ts';
import type { LogPage } from '../feed/log-reader.ts';
import type { WatchedOrganization } from '../watched/watched-organization.ts';
import { encodeStep, type Frame, splitForFrames } from './frame.ts';
import type { Subscription } from './subscription.ts';
import type { Slot } from './subscription-slots.ts';

/**
 * Read path 4/4: sends one subscription a snapshot, or the changes since its cursor, until its
 * replica is whole (rules R5 and R6).
 */

/**
 * The response to an older cursor is a snapshot. Reading and joining more revisions than this costs
 * more than a snapshot.
 */
const resumeRevisionsMax = 5_000;

/**
 * Serves a registered subscription until its replica is whole or it ended. The acknowledgement
 * precedes every frame.
 * @param mayRead whether this many revisions may be read from the log
 * @param acknowledge called once, unless the subscription ended before
 */
export async function serveSubscription(
  watched: WatchedOrganization,
  subscription: Subscription,
  cursorText: string | null,
  mayRead: (revisions: number) => boolean,
  slot: Slot,
  acknowledge: (answer: SubscribeAck) => void,
): Promise<void> {
  const cursor = cursorText === null ? null : decodeCursor(cursorText);
  const read = cursor && !watched.feed.ring.reaches(cursor.revision) ? await readLogSince(watched, cursor, mayRead) : null;
  const net = cursor && netChangesSince(watched, subscription, cursor, read);
  const { state } = subscription;
  if (state.phase !== 'pending') return;
  const { head } = watched.feed;
  const mode = cursor && net && !state.outdatedBy ? 'resume' : 'snapshot';
  acknowledge({ org: subscription.orgId, mode, revision: head.revision });
  subscription.handle({ type: 'acknowledged' });
  if (mode === 'resume') resume(watched, subscription, cursor!, net!);
  else await serveSnapshot(watched, subscription, slot);
}

/** The position of a replica in the log. */
type LogPosition = Pick<Cursor, 'epoch' | 'revision' | 'chain'>;

/**
 * The entries from a position to the end of the log. Null if the position belongs to another
 * history or is too far back, or if they may not be read.
 */
async function readLogSince(
  { feed, deps }: WatchedOrganization,
  { epoch, revision, chain }: LogPosition,
  mayRead: (revisions: number) => boolean = () => true,
): Promise<LogPage | null> {
  if (epoch !== feed.head.epoch || revision < feed.head.floorRevision || feed.head.revision - revision > resumeRevisionsMax) return null;
  if (!mayRead(feed.head.revision - revision)) return null;
  deps.counters.increment('logReads');
  const feedRevision = feed.head.revision;
  const page = await deps.reader.readPage(feed.orgId, revision, revision + 2 * resumeRevisionsMax);
  if (!page || page.head.epoch !== epoch || revision < page.head.floorRevision) return null;
  // The log keeps no chain per revision. Computing the chain from the position to the head proves
  // that both are of one history.
  if (page.entries.reduce(nextChain, chain) !== page.head.chain) return null;
  // The feed may still be at an earlier revision than the page, or have applied revisions that the
  // database lost.
  await feed.catchUpTo(page.head, feedRevision);
  return page;
}

/**
 * The net changes from a cursor to the feed's head, in this event-loop turn. Null if only a
 * snapshot can continue it: the epoch, the chain or the audience differs, or the log no longer
 * continues the revision (rule R6).
 */
function netChangesSince(
  { feed }: WatchedOrganization,
  { audience }: Subscription,
  cursor: Cursor,
  read: LogPage | null,
): LogChange[] | null {
  const { epoch, revision, chain, audienceKey } = cursor;
  if (epoch !== feed.head.epoch || audienceKey !== audience.key || revision > feed.head.revision) return null;
  // The ring may still contain entries that were removed from the log.
  if (revision < feed.head.floorRevision) return null;
  if (feed.ring.reaches(revision)) return feed.ring.chainAt(revision) === chain ? feed.ring.netChangesAfter(revision) : null;
  return read && joinToHead(feed, read);
}

function joinToHead({ ring }: WatchedOrganization['feed'], { head, entries }: LogPage): LogChange[] | null {
  const ahead = ring.chainAt(head.revision) === head.chain ? ring.netChangesAfter(head.revision) : null;
  return ahead && coalesceChanges([...entries.map(({ changes }) => ({ changes: completeChanges(changes) })), { changes: ahead }]);
}

/**
 * Sends at most one catch-up step, for the current rights. Sends none if it contains nothing
 * visible (rule R8).
 */
function resume(watched: WatchedOrganization, subscription: Subscription, cursor: Cursor, net: readonly LogChange[]): void {
  const changes = visibleChanges(subscription.audience, net);
  if (changes.length === 0) watched.goLive(subscription, cursor.revision, null);
  else catchUpFrom(watched, subscription, cursor.revision, changes);
}

/** Continues a replica that is whole at `from`. The first step leads to the feed's head. */
function catchUpFrom(watched: WatchedOrganization, subscription: Subscription, from: number, changes: readonly Change[]): void {
  const { orgId, audience } = subscription;
  const { revision: to } = watched.feed.head;
  const frames = encodeStep({ org: orgId, from, to, cursor: watched.cursorAtHead(audience) }, changes);
  subscription.handle({ type: 'loaded', revision: from, first: { frames, to, audience } });
}

/**
 * Sends the parts of a snapshot and yields between them. Then sends what changed in between, and
 * makes the subscription live in that same event-loop turn (rule R5).
 */
export async function serveSnapshot(watched: WatchedOrganization, subscription: Subscription, slot: Slot): Promise<void> {
  // A client that lost its replica may have seen everything up to this revision, and must not go
  // back.
  const { revision: lowest } = watched.feed.head;
  for (;;) {
    const isWhole = await sendSnapshot(watched, subscription, slot, lowest).catch(falseWhenAbandoned);
    if (isWhole || subscription.phase === 'ended') return;
    subscription.handle({ type: 'snapshot-abandoned' });
  }
}

/**
 * Waits for the client without a slot, so that one that reads slowly takes none from others. Until
 * it has a slot again, another subscription may have filled its connection.
 */
async function whenWritable(subscription: Subscription, slot: Slot): Promise<void> {
  while (subscription.mustWait) {
    await slot.releaseDuring(
      () => subscription.whenWritable(),
      () => subscription.closeAsTooSlow(),
    );
  }
}

/**
 * Sends parts as fast as they are made and the client reads (rule R9).
 * @returns false if the snapshot was abandoned: the rights changed, or it can't be continued to the
 *   head, or its revision is below `lowest`
 */
async function sendSnapshot(watched: WatchedOrganization, subscription: Subscription, slot: Slot, lowest: number): Promise<boolean> {
  const { audience } = subscription;
  const snapshot = watched.snapshots.get(audience);
  for (let part = 0; part < snapshot.partCount; part++) {
    if (part > 0) {
      await yieldToLoop(watched.deps.clock);
      await slot.giveWay();
    }
    const frame = await snapshot.parts.at(part);
    await whenWritable(subscription, slot);
    if (!mayContinue(subscription)) return false;
    subscription.handle({ type: 'snapshot-frame', frame: frame! });
  }
  const checksum = await snapshot.checksum;
  await whenWritable(subscription, slot);
  const { feed } = watched;
  const { revision } = snapshot.head;
  // If the client reads slower than the ring is replaced, the log covers the difference.
  const read = feed.ring.reaches(revision) ? null : await readLogSince(watched, snapshot.head);
  if (!mayContinue(subscription)) return false;
  const net = read ? joinToHead(feed, read) : feed.ring.netChangesAfter(revision);
  if (!net) {
    watched.snapshots.drop(audience, snapshot);
    return false;
  }
  const changes = visibleChanges(audience, net);
  const texts = changes.map((change) => JSON.stringify(change));
  if (splitForFrames(texts).length > 1) {
    if (revision < lowest) {
      // The next snapshot begins now, so this happens once.
      watched.snapshots.drop(audience, snapshot);
      return false;
    }
    // The changes since the snapshot need several frames. The replica is whole at the snapshot's
    // revision, and they follow as a step.
    subscription.handle({ type: 'snapshot-frame', frame: encodeSnapshotEnd(subscription.orgId, snapshot.head, audience, checksum) });
    catchUpFrom(watched, subscription, revision, changes);
    return true;
  }
  const advanced = advanceChecksum(checksum, audience, net);
  subscription.handle({ type: 'snapshot-frame', frame: encodeSnapshotEnd(subscription.orgId, feed.head, audience, advanced, texts) });
  watched.goLive(subscription, feed.head.revision, advanced);
  return true;
}

function mayContinue({ state }: Subscription): boolean {
  return state.phase === 'loading' && !state.outdatedBy;
}

/** The feed read another history while the parts were made, so another snapshot is sent. */
function falseWhenAbandoned(error: unknown): false {
  if (error instanceof BootstrapAbandonedError) return false;
  throw error;
}

/** @param changes as JSON texts */
function encodeSnapshotEnd(org: string, head: Head, audience: Audience, checksum: Checksum, changes: readonly string[] = []): Frame {
  const { epoch, revision, chain } = head;
  const cursor = encodeCursor({ epoch, revision, chain, audienceKey: audience.key });
  const opening = JSON.stringify({ org, revision, cursor, ...checksum }).slice(0, -1);
  return { event: 'snapshot-end', json: changes.length > 0 ? `${opening},"changes":[${changes.join(',')}]}` : `${opening}}` };
}
