import { coalesceChanges, type LogChange, type SubscribeAnswer } from '@rollcall/protocol';
import type { Db } from '../database/database.ts';
import type { Audience } from '../domain/audience.ts';
import { nextChain } from '../domain/chain.ts';
import { advanceChecksum, visibleChanges } from '../domain/visible-changes.ts';
import { yieldToLoop } from '../runtime/yield-to-loop.ts';
import type { Channel } from './channel.ts';
import { type Cursor, decodeCursor } from './cursor.ts';
import { readLogPage } from './feed.ts';
import { encodeFrame, encodeStep } from './frame.ts';
import type { Subscription } from './subscription.ts';

/** Read path 4/4: brings one subscription from nothing, or from a cursor, to live (rules R5 and R6). */

/** A cursor further back than this is answered by a snapshot: reading and joining so much costs more than sending all anew. */
const resumeRevisionsMax = 5_000;

/**
 * Serves a registered subscription until it is live or ended. The acknowledgement precedes every frame.
 * @param answer called once, unless the subscription ended meanwhile
 */
export async function serveSubscription(
  channel: Channel,
  subscription: Subscription,
  cursorText: string | null,
  answer: (answer: SubscribeAnswer) => void,
  db: Db,
): Promise<void> {
  const cursor = cursorText === null ? null : decodeCursor(cursorText);
  const net = cursor && (await readNetChanges(channel, subscription, cursor, db));
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
async function readNetChanges(channel: Channel, { audience }: Subscription, cursor: Cursor, db: Db): Promise<LogChange[] | null> {
  const { feed } = channel;
  const { epoch, revision, chain, audienceKey } = cursor;
  if (epoch !== feed.head.epoch || audienceKey !== audience.key || revision > feed.head.revision) return null;
  const kept = feed.ring.chainAt(revision);
  if (kept !== null) return kept === chain ? feed.ring.netChangesAfter(revision) : null;
  if (revision < feed.head.floorRevision || feed.head.revision - revision > resumeRevisionsMax) return null;
  return readNetChangesFromLog(channel, cursor, db);
}

async function readNetChangesFromLog({ feed }: Channel, cursor: Cursor, db: Db): Promise<LogChange[] | null> {
  const page = await readLogPage(db, feed.orgId, cursor.revision, cursor.revision + 2 * resumeRevisionsMax);
  if (!page || page.head.epoch !== cursor.epoch || cursor.revision < page.head.floorRevision) return null;
  // The log keeps no chain per revision: folding from the cursor's to the head's proves that both are one history.
  const chain = page.entries.reduce(nextChain, cursor.chain);
  if (chain !== page.head.chain) return null;
  // The feed may have moved while the page was read, to either side of it.
  await feed.catchUp(page.head.revision);
  const ahead = feed.ring.netChangesAfter(page.head.revision);
  return ahead && coalesceChanges([...page.entries, { changes: ahead }]);
}

/** At most one catch-up step, under the rights of now; none when nothing of it is visible (rule R8). */
function resume(channel: Channel, subscription: Subscription, cursor: Cursor, net: readonly LogChange[]): void {
  const { orgId, audience } = subscription;
  const { revision } = channel.feed.head;
  const changes = visibleChanges(audience, net);
  if (changes.length > 0) {
    const header = { org: orgId, from: cursor.revision, to: revision, cursor: channel.cursorAtHead(audience) };
    for (const frame of encodeStep(header, changes)) subscription.send(frame);
  }
  channel.goLive(subscription, changes.length > 0 ? revision : cursor.revision, null);
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

/** False when the copy was given up: the rights changed under it, or the ring no longer reaches back to it. */
async function sendSnapshot(channel: Channel, subscription: Subscription, audience: Audience): Promise<boolean> {
  const building = channel.snapshots.get(audience);
  const snapshot = await building;
  for (const part of snapshot.parts) {
    if (subscription.status === 'ended' || subscription.mustRestart) return false;
    subscription.send(part);
    await yieldToLoop();
  }
  if (subscription.status === 'ended' || subscription.mustRestart) return false;
  const net = channel.feed.ring.netChangesAfter(snapshot.revision);
  if (!net) {
    channel.snapshots.drop(audience, building);
    return false;
  }
  const { revision } = channel.feed.head;
  const checksum = advanceChecksum(snapshot.checksum, audience, net);
  const changes = visibleChanges(audience, net);
  const end = { org: subscription.orgId, revision, cursor: channel.cursorAtHead(audience), ...checksum };
  subscription.send(encodeFrame('snapshot-end', changes.length > 0 ? { ...end, changes } : end));
  channel.goLive(subscription, revision, checksum);
  return true;
}
