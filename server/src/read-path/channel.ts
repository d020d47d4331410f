import type { Checksum, LogChange, LogEntry } from '@rollcall/protocol';
import type { Audience } from '../domain/audience.ts';
import { judgeViewer } from '../domain/judge-viewer.ts';
import { advanceChecksum, changesOfMove } from '../domain/visible-changes.ts';
import { yieldToLoop } from '../runtime/yield-to-loop.ts';
import { AudienceGroup } from './audience-group.ts';
import { encodeCursor } from './cursor.ts';
import { Feed, type FeedDeps } from './feed.ts';
import { encodeStep, type Frame } from './frame.ts';
import { Snapshots } from './snapshots.ts';
import type { Subscription } from './subscription.ts';

/** Read path 2/4: one organization's feed and all who watch it in this process. Rights first, then the step. */

/** How many sockets get a step before others have their turn: some 3 ms of writing (rule R7). */
const socketsPerTurnMax = 256;

/** Starts a new copy for a subscription whose own cannot be carried on. */
export type Restart = (channel: Channel, subscription: Subscription, reason: string) => void;

export class Channel {
  feed!: Feed;
  snapshots!: Snapshots;
  readonly subscriptions = new Set<Subscription>();
  readonly #byUser = new Map<string, Set<Subscription>>();
  readonly #groups = new Map<string, AudienceGroup>();
  readonly #deps: FeedDeps;
  #flushing = false;
  #flushWanted = false;
  #waiters: { readonly revision: number; readonly run: () => void }[] = [];
  readonly #restart: Restart;

  private constructor(deps: FeedDeps, restart: Restart) {
    this.#deps = deps;
    this.#restart = restart;
  }

  static async open(orgId: string, deps: FeedDeps, restart: Restart): Promise<Channel | null> {
    const channel = new Channel(deps, restart);
    const listener = { applied: (entry: LogEntry) => channel.#applied(entry), reloaded: () => channel.#reloaded() };
    const feed = await Feed.open(orgId, deps, listener);
    if (!feed) return null;
    channel.feed = feed;
    channel.snapshots = new Snapshots(feed, deps.counters);
    return channel;
  }

  /** Registers a subscription before its copy is made, so that nothing about its rights is missed (rule R5b). */
  register(subscription: Subscription): void {
    this.subscriptions.add(subscription);
    const { userId } = subscription.viewer;
    if (userId === null) return;
    const ofUser = this.#byUser.get(userId) ?? new Set();
    this.#byUser.set(userId, ofUser.add(subscription));
  }

  unregister(subscription: Subscription): void {
    subscription.end();
    this.#dropIfEmpty(subscription.audience);
    this.subscriptions.delete(subscription);
    const { userId } = subscription.viewer;
    const ofUser = userId === null ? undefined : this.#byUser.get(userId);
    if (ofUser?.delete(subscription) && ofUser.size === 0) this.#byUser.delete(userId!);
  }

  /** From here on the subscription gets steps. `own` is where its copy stands. */
  goLive(subscription: Subscription, own: number, checksum: Checksum | null): void {
    subscription.status = 'live';
    this.#groupOf(subscription.audience, checksum).add(subscription, own);
  }

  cursorAtHead(audience: Audience): string {
    const { epoch, revision, chain } = this.feed.head;
    return encodeCursor({ epoch, revision, chain, audienceKey: audience.key });
  }

  /** Runs once everything up to `revision` is on its way to every live subscription: what is sent then comes behind it. */
  whenFlushed(revision: number, run: () => void): void {
    this.#waiters.push({ revision, run });
    this.#scheduleFlush();
  }

  /** Counts an audience's records where no snapshot did, as after resuming from a cursor. */
  async ensureChecksum(group: AudienceGroup): Promise<void> {
    if (group.checksum) return;
    const building = this.snapshots.get(group.audience);
    const snapshot = await building;
    await new Promise<void>((resolve) => this.whenFlushed(snapshot.revision, resolve));
    const ahead = this.feed.ring.netChangesAfter(snapshot.revision);
    // The group may have been told less than the head by now: count only when both are the same revision.
    if (!ahead) this.snapshots.drop(group.audience, building);
    else if (group.flushed === this.feed.head.revision) group.checksum ??= advanceChecksum(snapshot.checksum, group.audience, ahead);
  }

  #groupOf(audience: Audience, checksum: Checksum | null): AudienceGroup {
    const existing = this.#groups.get(audience.key);
    if (existing) {
      if (existing.flushed === this.feed.head.revision) existing.checksum ??= checksum;
      return existing;
    }
    const group = new AudienceGroup(audience, this.feed, checksum);
    this.#groups.set(audience.key, group);
    return group;
  }

  /** A group that nobody is in is not carried along: the next one of its audience starts at the head. */
  #dropIfEmpty({ key }: Audience): void {
    if (this.#groups.get(key)?.members.size === 0) this.#groups.delete(key);
  }

  /** Rule A1: whoever's rights the entry changed is moved or evicted now; the entry itself is sent at the end of the turn. */
  #applied(entry: LogEntry): void {
    const moves = new Map<string, readonly Frame[]>();
    for (const subscription of this.#affectedBy(entry)) {
      try {
        this.#judgeAgain(subscription, entry, moves);
      } catch (error) {
        // Rule R11: one subscription's trouble stays its own.
        this.#deps.log.error({ error, orgId: entry.orgId }, 'a subscription could not be judged and ends');
        this.#deps.counters.increment('feedFailures');
        subscription.fail();
        this.unregister(subscription);
      }
    }
    this.#scheduleFlush();
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

  #judgeAgain(subscription: Subscription, entry: LogEntry, moves: Map<string, readonly Frame[]>): void {
    const judgement = judgeViewer(this.feed.state, subscription.viewer);
    if ('revoked' in judgement) {
      this.#deps.counters.increment('revocations');
      subscription.revoke(entry.revision, wasDetached(subscription, entry) ? 'two-factor-required' : judgement.revoked);
      this.unregister(subscription);
      return;
    }
    const { audience } = judgement;
    if (audience.key === subscription.audience.key) return;
    const from = subscription.audience;
    subscription.audience = audience;
    if (subscription.status === 'loading') subscription.mustRestart = true;
    else this.#move(subscription, from, audience, moves);
  }

  /** Rule A3: one step with `view`, from where the copy stands to now. */
  #move(subscription: Subscription, from: Audience, to: Audience, moves: Map<string, readonly Frame[]>): void {
    const { own, group } = subscription;
    const { revision } = this.feed.head;
    const key = `${from.key}>${to.key}@${own}`;
    const frames = moves.get(key) ?? this.#encodeMove(from, to, own);
    group?.remove(subscription);
    this.#dropIfEmpty(from);
    if (!frames) {
      this.#restart(this, subscription, 'access-changed');
      return;
    }
    moves.set(key, frames);
    for (const frame of frames) subscription.send(frame);
    this.#groupOf(to, null).add(subscription, revision);
  }

  #encodeMove(from: Audience, to: Audience, own: number): readonly Frame[] | null {
    const net = this.feed.ring.netChangesAfter(own);
    if (!net) return null;
    const header = { org: this.feed.orgId, from: own, to: this.feed.head.revision, cursor: this.cursorAtHead(to), view: true } as const;
    return encodeStep(header, changesOfMove(from, to, this.feed.state, net));
  }

  /** Another history: every copy is of the old one. */
  #reloaded(): void {
    this.#groups.clear();
    this.snapshots.clear();
    for (const subscription of [...this.subscriptions]) {
      const judgement = judgeViewer(this.feed.state, subscription.viewer);
      if ('revoked' in judgement) {
        subscription.revoke(this.feed.head.revision, judgement.revoked);
        this.unregister(subscription);
        continue;
      }
      subscription.audience = judgement.audience;
      if (subscription.status === 'loading') subscription.mustRestart = true;
      else this.#restart(this, subscription, 'history-changed');
    }
    this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#flushWanted) return;
    this.#flushWanted = true;
    if (this.#flushing) return;
    // At the end of the turn: the changes of one tick travel as one step (rule R7).
    setImmediate(() => {
      this.#flush().catch((error: unknown) => this.#deps.log.error({ error, orgId: this.feed.orgId }, 'a step could not be sent'));
    });
  }

  async #flush(): Promise<void> {
    this.#flushing = true;
    try {
      while (this.#flushWanted) {
        this.#flushWanted = false;
        const flushedTo = this.feed.head.revision;
        await this.#sendSteps();
        this.#runWaiters(flushedTo);
        this.feed.ring.trim();
      }
    } finally {
      this.#flushing = false;
    }
  }

  async #sendSteps(): Promise<void> {
    const taken: { group: AudienceGroup; frames: readonly Frame[]; to: number }[] = [];
    // Most groups were flushed to the same revision: join its changes once.
    const netByRevision = new Map<number, LogChange[]>();
    for (const group of this.#groups.values()) {
      if (group.flushed === this.feed.head.revision) continue;
      const net = netByRevision.get(group.flushed) ?? this.feed.ring.netChangesAfter(group.flushed) ?? [];
      netByRevision.set(group.flushed, net);
      const step = this.#takeStep(group, net);
      if (step) taken.push({ group, ...step });
    }
    for (const { group, frames, to } of taken) await this.#sendToGroup(group, frames, to);
  }

  #takeStep(group: AudienceGroup, net: readonly LogChange[]): { frames: readonly Frame[]; to: number } | null {
    try {
      return group.takeStep(this.feed, net);
    } catch (error) {
      // Rule R11: a record that cannot be shown costs its audience a new copy, and others nothing.
      this.#deps.log.error({ error, orgId: this.feed.orgId }, 'a step could not be made');
      this.#deps.counters.increment('feedFailures');
      for (const subscription of [...group.members]) this.#restart(this, subscription, 'step-failed');
      return null;
    }
  }

  async #sendToGroup(group: AudienceGroup, frames: readonly Frame[], to: number): Promise<void> {
    let sent = 0;
    for (const subscription of [...group.members]) {
      // While others had their turn it may have been evicted, moved, or gone live further on.
      if (subscription.group !== group || subscription.own >= to) continue;
      for (const frame of frames) subscription.send(frame);
      subscription.own = to;
      this.#deps.counters.increment('framesSent', frames.length);
      if (++sent % socketsPerTurnMax === 0) await yieldToLoop();
    }
  }

  /** In the same turn as the last write, so that each group's checksum is that of what it was sent. */
  #runWaiters(flushedTo: number): void {
    const due = this.#waiters.filter(({ revision }) => revision <= flushedTo);
    this.#waiters = this.#waiters.filter(({ revision }) => revision > flushedTo);
    for (const { run } of due) run();
  }
}

/** Requiring 2FA turns a member without it into a pending one: that, and not a removal, is why they are out (spec: 5.6). */
function wasDetached({ viewer }: Subscription, { changes }: LogEntry): boolean {
  return changes.some(
    ({ kind, before, after }) =>
      kind === 'member' &&
      after !== null &&
      after.user === null &&
      (before?.user as { id: string } | null | undefined)?.id === viewer.userId,
  );
}
