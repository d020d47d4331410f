import type { Checksum, LogEntry } from '@rollcall/protocol';
import type { Audience } from '../domain/audience.ts';
import { judgeViewer } from '../domain/judge-viewer.ts';
import { advanceChecksum } from '../domain/visible-changes.ts';
import { carryOn } from './carry-on.ts';
import { encodeCursor } from './cursor.ts';
import { FanOut } from './fan-out.ts';
import { Feed } from './feed.ts';
import type { FeedDeps } from './feed-deps.ts';
import { type Leg, Legs } from './legs.ts';
import { Snapshots } from './snapshots.ts';
import type { SubscribedGroup, Subscription } from './subscription.ts';

/** Read path 2/4: one organization's feed and all who watch it in this process. Rights first, then the step. */

/** What a channel asks of whoever opened it. */
export interface ChannelOwner {
  /** Starts a new copy for a subscription whose own cannot be carried on. */
  restart(channel: Channel, subscription: Subscription, reason: string): void;
  /** The last subscription is gone. */
  emptied(): void;
}

export class Channel {
  feed!: Feed;
  snapshots!: Snapshots;
  readonly deps: FeedDeps;
  readonly subscriptions = new Set<Subscription>();
  readonly #byUser = new Map<string, Set<Subscription>>();
  readonly fanOut: FanOut;
  readonly #legs: Legs;
  readonly #owner: ChannelOwner;

  private constructor(deps: FeedDeps, owner: ChannelOwner) {
    this.deps = deps;
    this.fanOut = new FanOut(this, deps);
    this.#legs = new Legs(deps.clock);
    this.#owner = owner;
  }

  static async open(orgId: string, deps: FeedDeps, owner: ChannelOwner): Promise<Channel | null> {
    const channel = new Channel(deps, owner);
    const listener = { applied: (entry: LogEntry) => channel.#applied(entry), reloaded: () => channel.#reloaded() };
    const feed = await Feed.open(orgId, deps, listener);
    if (!feed) return null;
    channel.feed = feed;
    channel.snapshots = new Snapshots(feed, deps);
    return channel;
  }

  /** Registers a subscription before its copy is made, so that nothing about its rights is missed (rule R5). */
  register(subscription: Subscription): void {
    this.subscriptions.add(subscription);
    const { userId } = subscription.viewer;
    if (userId === null) return;
    const ofUser = this.#byUser.get(userId) ?? new Set();
    this.#byUser.set(userId, ofUser.add(subscription));
  }

  unregister(subscription: Subscription): void {
    subscription.end();
    this.fanOut.dropIfEmpty(subscription.audience);
    this.subscriptions.delete(subscription);
    const { userId } = subscription.viewer;
    const ofUser = userId === null ? undefined : this.#byUser.get(userId);
    if (ofUser?.delete(subscription) && ofUser.size === 0) this.#byUser.delete(userId!);
    if (this.subscriptions.size === 0) this.#owner.emptied();
  }

  /** From here on the subscription gets steps. `own` is where its copy stands. */
  goLive(subscription: Subscription, own: number, checksum: Checksum | null): void {
    this.deps.failpoints.reach('before-live');
    subscription.status = 'live';
    subscription.held = subscription.audience;
    this.fanOut.groupOf(subscription.audience, checksum).add(subscription, own);
  }

  /** Rule R9: from here on the subscription is carried on at its client's pace. `own` and `held` say where its copy stands. */
  fallBehind(subscription: Subscription, first: Leg | null): void {
    // A group left empty stays: whoever is behind comes back to it, and its checksum with it.
    subscription.group?.remove(subscription);
    subscription.group = null;
    subscription.status = 'behind';
    subscription.mustRestart = false;
    carryOn(this, subscription, first).catch((error: unknown) => this.giveUp(subscription, error));
  }

  /** Nobody watches any more. */
  close(): void {
    this.feed.stop();
  }

  /** What takes a subscription that is behind to the head and to its audience; null when only a snapshot will do. */
  legTo({ held, audience, own }: Subscription): Leg | null {
    return this.#legs.get(this.feed, held, audience, own);
  }

  /** Back to the group, if what was sent up to `to` is all there is. */
  rejoin(subscription: Subscription, to: number): boolean {
    const { status, mustRestart, held, audience, own } = subscription;
    if (status !== 'behind' || mustRestart || held.key !== audience.key || to !== this.feed.head.revision) return false;
    this.goLive(subscription, own, null);
    return true;
  }

  restart(subscription: Subscription, reason: string): void {
    this.#owner.restart(this, subscription, reason);
  }

  cursorAtHead(audience: Audience): string {
    const { epoch, revision, chain } = this.feed.head;
    return encodeCursor({ epoch, revision, chain, audienceKey: audience.key });
  }

  /** Counts an audience's records where no snapshot did, as after resuming from a cursor. */
  async ensureChecksum(group: SubscribedGroup): Promise<void> {
    if (group.checksum) return;
    const snapshot = this.snapshots.get(group.audience);
    const checksum = await snapshot.checksum;
    await new Promise<void>((resolve) => this.fanOut.whenFlushed(snapshot.head.revision, resolve));
    // A group that was dropped meanwhile is told nothing more, and may have stopped short of the snapshot.
    if (group.flushed < snapshot.head.revision) return;
    const ahead = this.feed.ring.netChangesAfter(snapshot.head.revision, group.flushed);
    if (!ahead) this.snapshots.drop(group.audience, snapshot);
    else group.checksum ??= advanceChecksum(checksum, group.audience, ahead);
  }

  /** Rule A1: whoever's rights the entry changed is moved or evicted now; the entry itself is sent at the end of the turn. */
  #applied(entry: LogEntry): void {
    this.#endRemovedTokens(entry);
    for (const subscription of this.#affectedBy(entry)) {
      try {
        this.#judgeAgain(subscription, entry);
      } catch (error) {
        this.giveUp(subscription, error);
      }
    }
    this.fanOut.applied();
  }

  /** An organization's tokens are its records, so their end comes in its own log, and before anything later (rule A1). */
  #endRemovedTokens({ changes }: LogEntry): void {
    const removedIds = new Set(changes.filter(({ kind, after }) => kind === 'auth-token' && after === null).map(({ id }) => id));
    if (removedIds.size === 0) return;
    for (const subscription of [...this.subscriptions]) {
      if (subscription.viewer.orgTokenId === null || !removedIds.has(subscription.viewer.orgTokenId)) continue;
      subscription.endCredential();
      this.unregister(subscription);
    }
  }

  /** Rule R11: one subscription's trouble stays its own. */
  giveUp(subscription: Subscription, error: unknown): void {
    this.deps.log.error({ error, orgId: this.feed.orgId }, 'a subscription could not be served and ends');
    this.deps.counters.increment('feedFailures');
    subscription.fail();
    this.unregister(subscription);
  }

  #affectedBy(entry: LogEntry): Iterable<Subscription> {
    const affected = new Set<Subscription>();
    for (const { kind, before, after } of entry.changes) {
      if (kind === 'organization') return [...this.subscriptions];
      if (kind !== 'member') continue;
      for (const record of [before, after]) {
        const user = record?.user as { id: string } | null | undefined;
        for (const subscription of (user && this.#byUser.get(user.id)) ?? []) affected.add(subscription);
      }
    }
    return affected;
  }

  #judgeAgain(subscription: Subscription, entry: LogEntry): void {
    const judgement = judgeViewer(this.feed.state, subscription.viewer);
    if ('revoked' in judgement) {
      this.deps.counters.increment('revocations');
      subscription.revoke(entry.revision, wasDetached(subscription, entry) ? 'two-factor-required' : judgement.revoked);
      this.unregister(subscription);
      return;
    }
    const from = subscription.audience;
    if (judgement.audience.key === from.key) return;
    subscription.audience = judgement.audience;
    if (subscription.status === 'loading') subscription.mustRestart = true;
    else if (subscription.status === 'live') this.#move(subscription);
    // Who is behind moves with what they are sent next; nothing of now goes to them before.
    this.fanOut.dropIfEmpty(from);
  }

  /** Rule A3: one step with `view`, from where the copy stands to now. */
  #move(subscription: Subscription): void {
    subscription.group?.remove(subscription);
    subscription.group = null;
    const leg = subscription.hasRoom ? this.legTo(subscription) : null;
    if (leg?.frames.length === 1) {
      subscription.send(leg.frames[0]!);
      this.goLive(subscription, leg.to, null);
    } else {
      this.fallBehind(subscription, leg);
    }
  }

  /** Another history: every copy is of the old one. */
  #reloaded(): void {
    this.fanOut.clear();
    this.#legs.clear();
    this.snapshots.clear();
    for (const subscription of [...this.subscriptions]) {
      const judgement = judgeViewer(this.feed.state, subscription.viewer);
      if ('revoked' in judgement) {
        subscription.revoke(this.feed.head.revision, judgement.revoked);
        this.unregister(subscription);
        continue;
      }
      subscription.audience = judgement.audience;
      if (subscription.status === 'live') this.restart(subscription, 'history-changed');
      else subscription.mustRestart = true;
    }
  }
}

/** Requiring 2FA turns a member without it into a pending one: that, and not a removal, is why they are out (REST contract 5.6). */
function wasDetached({ viewer }: Subscription, { changes }: LogEntry): boolean {
  return changes.some(
    ({ kind, before, after }) =>
      kind === 'member' &&
      after !== null &&
      after.user === null &&
      (before?.user as { id: string } | null | undefined)?.id === viewer.userId,
  );
}
