import { type Change, type Checksum, coalesceChanges, type LogChange, type SubscribeAnswer } from '@rollcall/protocol';
import type { Head } from '../database/records/read-log.ts';
import type { Audience } from '../domain/audience.ts';
import { nextChain } from '../domain/chain.ts';
import { advanceChecksum, visibleChanges } from '../domain/visible-changes.ts';
import { yieldToLoop } from '../runtime/clock.ts';
import type { Channel } from './channel.ts';
import { type Cursor, decodeCursor, encodeCursor } from './cursor.ts';
import { encodeFrame, encodeStep, type Frame, splitForFrames } from './frame.ts';
import type { LogPage } from './log-reader.ts';
import { CopyAbandonedError } from './start-copy.ts';
import type { Subscription } from './subscription.ts';

/** Read path 4/4: brings one subscription from nothing, or from a cursor, to a whole copy (rules R5 and R6). */

/** A cursor further back than this is answered by a snapshot: reading and joining so much costs more than sending all anew. */
const resumeRevisionsMax = 5_000;

/**
 * Serves a registered subscription until its copy is whole or it ended. The acknowledgement precedes every frame.
 * @param answer called once, unless the subscription ended meanwhile
 */
export async function serveSubscription(
  channel: Channel,
  subscription: Subscription,
  cursorText: string | null,
  answer: (answer: SubscribeAnswer) => void,
): Promise<void> {
  const cursor = cursorText === null ? null : decodeCursor(cursorText);
  const read = cursor && !channel.feed.ring.reaches(cursor.revision) ? await readLogSince(channel, cursor) : null;
  const net = cursor && netChangesSince(channel, subscription, cursor, read);
  if (subscription.status === 'ended') return;
  const { head } = channel.feed;
  const mode = cursor && net && !subscription.mustRestart ? 'resume' : 'snapshot';
  answer({ org: subscription.orgId, mode, revision: head.revision });
  subscription.isAcknowledged = true;
  if (mode === 'resume') resume(channel, subscription, cursor!, net!);
  else await serveSnapshot(channel, subscription);
}

/** Gives up a copy that cannot be carried on, and serves a new one. */
export async function restartSubscription(channel: Channel, subscription: Subscription, reason: string): Promise<void> {
  subscription.group?.remove(subscription);
  subscription.group = null;
  subscription.status = 'loading';
  subscription.send(encodeFrame('resync', { org: subscription.orgId, reason }));
  await serveSnapshot(channel, subscription);
}

/** Where a copy stands in the log. */
type Standing = Pick<Cursor, 'epoch' | 'revision' | 'chain'>;

/** What the log has after a copy's standing and before the ring: null when it is of another history, or too long. */
async function readLogSince({ feed, deps }: Channel, { epoch, revision, chain }: Standing): Promise<LogPage | null> {
  if (epoch !== feed.head.epoch || revision < feed.head.floorRevision || feed.head.revision - revision > resumeRevisionsMax) return null;
  deps.counters.increment('logReads');
  const heldRevision = feed.head.revision;
  const page = await deps.reader.readPage(feed.orgId, revision, revision + 2 * resumeRevisionsMax);
  if (!page || page.head.epoch !== epoch || revision < page.head.floorRevision) return null;
  // The log keeps no chain per revision: folding from the copy's to the head's proves that both are one history.
  if (page.entries.reduce(nextChain, chain) !== page.head.chain) return null;
  // The feed may have moved while the page was read, to either side of it, or be of a history that the database lost.
  await feed.bringTo(page.head, heldRevision);
  return page;
}

/**
 * The net changes from a cursor to the feed's head, in this turn; null when only a snapshot will do: another epoch, chain
 * or audience, or a revision outside of the log (rule R6).
 */
function netChangesSince({ feed }: Channel, { audience }: Subscription, cursor: Cursor, read: LogPage | null): LogChange[] | null {
  const { epoch, revision, chain, audienceKey } = cursor;
  if (epoch !== feed.head.epoch || audienceKey !== audience.key || revision > feed.head.revision) return null;
  if (feed.ring.reaches(revision)) return feed.ring.chainAt(revision) === chain ? feed.ring.netChangesAfter(revision) : null;
  return read && joinToHead(feed, read);
}

function joinToHead({ ring }: Channel['feed'], { head, entries }: LogPage): LogChange[] | null {
  const ahead = ring.chainAt(head.revision) === head.chain ? ring.netChangesAfter(head.revision) : null;
  return ahead && coalesceChanges([...entries, { changes: ahead }]);
}

/** At most one catch-up step, under the rights of now; none when nothing of it is visible (rule R8). */
function resume(channel: Channel, subscription: Subscription, cursor: Cursor, net: readonly LogChange[]): void {
  const changes = visibleChanges(subscription.audience, net);
  if (changes.length === 0) {
    channel.goLive(subscription, cursor.revision, null);
    return;
  }
  carryOnFrom(channel, subscription, cursor.revision, changes);
}

/** Carries a copy on that is whole at `own`, beginning with the step to the feed's head. */
function carryOnFrom(channel: Channel, subscription: Subscription, own: number, changes: readonly Change[]): void {
  const { orgId, audience } = subscription;
  const { revision } = channel.feed.head;
  const header = { org: orgId, from: own, to: revision, cursor: channel.cursorAtHead(audience) };
  subscription.own = own;
  subscription.held = audience;
  channel.fallBehind(subscription, { frames: encodeStep(header, changes), to: revision, audience });
}

/** Sends parts, with turns for others between them, then what happened meanwhile, and is live in that same turn (rule R5). */
async function serveSnapshot(channel: Channel, subscription: Subscription): Promise<void> {
  // Whoever lost their copy may have seen all of this before, and must not see less of it now.
  const { revision: lowest } = channel.feed.head;
  for (;;) {
    subscription.mustRestart = false;
    const isWhole = await sendSnapshot(channel, subscription, subscription.audience, lowest).catch(falseWhenAbandoned);
    if (isWhole || subscription.status === 'ended') return;
    subscription.send(encodeFrame('resync', { org: subscription.orgId, reason: 'access-changed' }));
  }
}

/**
 * Sends parts as fast as they are made and the client reads (rule R9). False when the copy was given up: the rights
 * changed under it, or it can no longer be carried on to the head, or only from below `lowest`.
 */
async function sendSnapshot(channel: Channel, subscription: Subscription, audience: Audience, lowest: number): Promise<boolean> {
  const snapshot = channel.snapshots.get(audience);
  const isGivenUp = () => subscription.status === 'ended' || subscription.mustRestart;
  for await (const part of snapshot.parts) {
    await subscription.room();
    if (isGivenUp()) return false;
    subscription.send(part);
    await yieldToLoop(channel.deps.clock);
  }
  const checksum = await snapshot.checksum;
  await subscription.room();
  const { feed } = channel;
  const { revision } = snapshot.head;
  // Who reads slower than the ring moves on is bridged by the log.
  const read = feed.ring.reaches(revision) ? null : await readLogSince(channel, snapshot.head);
  if (isGivenUp()) return false;
  const net = read ? joinToHead(feed, read) : feed.ring.netChangesAfter(revision);
  if (!net) {
    channel.snapshots.drop(audience, snapshot);
    return false;
  }
  const changes = visibleChanges(audience, net);
  const texts = changes.map((change) => JSON.stringify(change));
  if (splitForFrames(texts).length > 1) {
    if (revision < lowest) {
      // The next one begins now, so this happens once.
      channel.snapshots.drop(audience, snapshot);
      return false;
    }
    // More than fits in one frame happened meanwhile: the copy stands where the snapshot does, and is carried on from there.
    subscription.send(encodeSnapshotEnd(subscription.orgId, snapshot.head, audience, checksum));
    carryOnFrom(channel, subscription, revision, changes);
    return true;
  }
  const advanced = advanceChecksum(checksum, audience, net);
  subscription.send(encodeSnapshotEnd(subscription.orgId, feed.head, audience, advanced, texts));
  channel.goLive(subscription, feed.head.revision, advanced);
  return true;
}

/** Another history was read while the parts were made: there is another copy to be sent. */
function falseWhenAbandoned(error: unknown): false {
  if (error instanceof CopyAbandonedError) return false;
  throw error;
}

/** @param changes as JSON texts */
function encodeSnapshotEnd(org: string, head: Head, audience: Audience, checksum: Checksum, changes: readonly string[] = []): Frame {
  const { epoch, revision, chain } = head;
  const cursor = encodeCursor({ epoch, revision, chain, audienceKey: audience.key });
  const opening = JSON.stringify({ org, revision, cursor, ...checksum }).slice(0, -1);
  return { event: 'snapshot-end', json: changes.length > 0 ? `${opening},"changes":[${changes.join(',')}]}` : `${opening}}` };
}
