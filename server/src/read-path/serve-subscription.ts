import { type Checksum, coalesceChanges, type LogChange, type SubscribeAnswer } from '@rollcall/protocol';
import type { Head } from '../database/read-log.ts';
import type { Audience } from '../domain/audience.ts';
import { nextChain } from '../domain/chain.ts';
import { advanceChecksum, visibleChanges } from '../domain/visible-changes.ts';
import { yieldToLoop } from '../runtime/clock.ts';
import type { Channel } from './channel.ts';
import { type Cursor, decodeCursor, encodeCursor } from './cursor.ts';
import { encodeFrame, encodeStep, type Frame, splitForFrames } from './frame.ts';
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
  const net = cursor && (await readNetChanges(channel, subscription, cursor));
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

/**
 * The net changes from a cursor to the feed's head, in the turn this resolves in; null when only a snapshot will do:
 * another epoch, chain or audience, or a revision outside of the log (rule R6).
 */
async function readNetChanges(channel: Channel, { audience }: Subscription, cursor: Cursor): Promise<LogChange[] | null> {
  const { feed } = channel;
  const { epoch, revision, chain, audienceKey } = cursor;
  if (epoch !== feed.head.epoch || audienceKey !== audience.key || revision > feed.head.revision) return null;
  const kept = feed.ring.chainAt(revision);
  if (kept !== null) return kept === chain ? feed.ring.netChangesAfter(revision) : null;
  if (revision < feed.head.floorRevision || feed.head.revision - revision > resumeRevisionsMax) return null;
  return readNetChangesFromLog(channel, cursor);
}

async function readNetChangesFromLog({ feed, deps }: Channel, cursor: Cursor): Promise<LogChange[] | null> {
  deps.counters.increment('logReads');
  const heldRevision = feed.head.revision;
  const page = await deps.reader.readPage(feed.orgId, cursor.revision, cursor.revision + 2 * resumeRevisionsMax);
  if (!page || page.head.epoch !== cursor.epoch || cursor.revision < page.head.floorRevision) return null;
  // The log keeps no chain per revision: folding from the cursor's to the head's proves that both are one history.
  const chain = page.entries.reduce(nextChain, cursor.chain);
  if (chain !== page.head.chain) return null;
  // The feed may have moved while the page was read, to either side of it, or be of a history that the database lost.
  await feed.bringTo(page.head, heldRevision);
  if (feed.ring.chainAt(page.head.revision) !== chain) return null;
  const ahead = feed.ring.netChangesAfter(page.head.revision);
  return ahead && coalesceChanges([...page.entries, { changes: ahead }]);
}

/** At most one catch-up step, under the rights of now; none when nothing of it is visible (rule R8). */
function resume(channel: Channel, subscription: Subscription, cursor: Cursor, net: readonly LogChange[]): void {
  const { orgId, audience } = subscription;
  const { revision } = channel.feed.head;
  const changes = visibleChanges(audience, net);
  if (changes.length === 0) {
    channel.goLive(subscription, cursor.revision, null);
    return;
  }
  const header = { org: orgId, from: cursor.revision, to: revision, cursor: channel.cursorAtHead(audience) };
  subscription.own = cursor.revision;
  subscription.held = audience;
  channel.fallBehind(subscription, { frames: encodeStep(header, changes), to: revision, audience });
}

/** Sends parts, with turns for others between them, then what happened meanwhile, and is live in that same turn (rule R5). */
async function serveSnapshot(channel: Channel, subscription: Subscription): Promise<void> {
  for (;;) {
    subscription.mustRestart = false;
    const isWhole = await sendSnapshot(channel, subscription, subscription.audience);
    if (isWhole || subscription.status === 'ended') return;
    subscription.send(encodeFrame('resync', { org: subscription.orgId, reason: 'access-changed' }));
  }
}

/**
 * Sends parts as fast as the client reads (rule R9). False when the copy was given up: the rights changed under it,
 * or the ring no longer reaches back to it.
 */
async function sendSnapshot(channel: Channel, subscription: Subscription, audience: Audience): Promise<boolean> {
  const building = channel.snapshots.get(audience);
  const snapshot = await building;
  for (const part of snapshot.parts) {
    await subscription.room();
    if (subscription.status === 'ended' || subscription.mustRestart) return false;
    subscription.send(part);
    await yieldToLoop(channel.deps.clock);
  }
  await subscription.room();
  if (subscription.status === 'ended' || subscription.mustRestart) return false;
  const net = channel.feed.ring.netChangesAfter(snapshot.head.revision);
  if (!net) {
    channel.snapshots.drop(audience, building);
    return false;
  }
  const changes = visibleChanges(audience, net).map((change) => JSON.stringify(change));
  if (splitForFrames(changes).length > 1) {
    // More than fits in one frame happened meanwhile: the copy stands where the snapshot does, and is carried on from there.
    subscription.send(encodeSnapshotEnd(subscription.orgId, snapshot.head, audience, snapshot.checksum));
    subscription.own = snapshot.head.revision;
    subscription.held = audience;
    channel.fallBehind(subscription, null);
    return true;
  }
  const { head } = channel.feed;
  const checksum = advanceChecksum(snapshot.checksum, audience, net);
  subscription.send(encodeSnapshotEnd(subscription.orgId, head, audience, checksum, changes));
  channel.goLive(subscription, head.revision, checksum);
  return true;
}

/** @param changes as JSON texts */
function encodeSnapshotEnd(org: string, head: Head, audience: Audience, checksum: Checksum, changes: readonly string[] = []): Frame {
  const { epoch, revision, chain } = head;
  const cursor = encodeCursor({ epoch, revision, chain, audienceKey: audience.key });
  const opening = JSON.stringify({ org, revision, cursor, ...checksum }).slice(0, -1);
  return { event: 'snapshot-end', json: changes.length > 0 ? `${opening},"changes":[${changes.join(',')}]}` : `${opening}}` };
}
