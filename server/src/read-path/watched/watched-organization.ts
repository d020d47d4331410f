import type { Audience, Checksum, LogChange, LogEntry } from '@rollcall/protocol';
import type { RevisionRange } from '../../bus/bus.ts';
import { type AccessDecision, evaluateAccess } from '../../domain/evaluate-access.ts';
import { advanceChecksum } from '../../domain/visible-changes.ts';
import { encodeCursor } from '../feed/cursor.ts';
import { Feed, type FeedListener } from '../feed/feed.ts';
import type { FeedDeps } from '../feed/feed-deps.ts';
import { type CatchUpStep, CatchUpSteps } from '../subscriptions/catch-up-steps.ts';
import type { EndedSubscriptions } from '../subscriptions/ended-subscriptions.ts';
import { FanOut } from '../subscriptions/fan-out.ts';
import { encodeFrame } from '../subscriptions/frame.ts';
import { recoverSlowConsumer } from '../subscriptions/recover-slow-consumer.ts';
import { RequestedAudiences } from '../subscriptions/requested-audiences.ts';
import { Snapshots } from '../subscriptions/snapshots.ts';
import type { EffectPerformer, FrameSink, Subscription } from '../subscriptions/subscription.ts';
import type { GroupMember, SubscribedGroup, SubscriptionEffect, SubscriptionState } from '../subscriptions/subscription-state.ts';
import { AccessDeadlines, movesDeadlines } from './access-deadlines.ts';

/**
 * Read path 2/4: one organization's feed and its subscriptions in this process. It updates rights
 * first, then sends the step.
 */

/** The kinds of records on which every viewer's access depends. */
const concernsAll: ReadonlySet<string> = new Set(['organization', 'auth-provider', 'ip-allow-list']);

/** The owner of a watched organization opened it, and closes it when it is idle. */
export interface WatchOwner {
  /** Outlives the watched organization. */
  readonly ended: EndedSubscriptions;
  /** Starts sending a new snapshot, because no step can continue the replica. */
  restart(watched: WatchedOrganization, subscription: Subscription, reason: string): void;
  /** The feed applied a revision, or read another history. */
  advanced(): void;
  /** The last subscription ended. */
  emptied(): void;
}

export class WatchedOrganization implements EffectPerformer, FeedListener {
  feed!: Feed;
  snapshots!: Snapshots;
  readonly deps: FeedDeps;
  readonly subscriptions = new Set<Subscription>();
  /** Readers of events. Each has a subscription, which ends with its rights. */
  readonly readers = new Set<{ advanced(): void }>();
  readonly fanOut: FanOut;
  /** Null until a subscriber requests collections. Most organizations have no such subscriber. */
  #requestedAudiences: RequestedAudiences | null = null;
  readonly #catchUpSteps: CatchUpSteps;
  readonly #deadlines: AccessDeadlines;
  readonly #owner: WatchOwner;

  private constructor(deps: FeedDeps, owner: WatchOwner) {
    this.deps = deps;
    this.fanOut = new FanOut(this, deps);
    this.#catchUpSteps = new CatchUpSteps(deps.clock);
    this.#deadlines = new AccessDeadlines(deps.clock);
    this.#owner = owner;
  }

  static async open(orgId: string, deps: FeedDeps, owner: WatchOwner): Promise<WatchedOrganization | null> {
    const watched = new WatchedOrganization(deps, owner);
    const feed = await Feed.open(orgId, deps, watched);
    if (!feed) return null;
    watched.feed = feed;
    watched.snapshots = new Snapshots(feed, deps);
    return watched;
  }

  /**
   * Registers a subscription before its snapshot is read, so that no change to its rights is missed
   * (rule R5).
   */
  register(subscription: Subscription): void {
    this.subscriptions.add(subscription);
    this.#watchDeadlines(subscription);
  }

  /** Whether a new subscription is within the limits of requested collections. Register it then. */
  countRequest(subscription: Subscription): boolean {
    if (subscription.viewer.collections === null) return true;
    this.#requestedAudiences ??= new RequestedAudiences();
    return this.#requestedAudiences.add(subscription);
  }

  perform(subscription: Subscription, effect: SubscriptionEffect, sink: FrameSink): void {
    switch (effect.type) {
      // First, because it is the hot path.
      case 'send':
        sink.send(effect.frame);
        break;
      // A group left empty stays: a lagging subscription returns to it, and the group keeps its
      // checksum.
      case 'leave':
        effect.group.remove(subscription);
        break;
      case 'join':
        effect.group.add(subscription, effect.revision);
        sink.caughtUp?.(subscription);
        break;
      case 'rejoin':
        this.goLive(subscription, effect.revision, null);
        break;
      case 'catch-up':
        this.#recover(subscription, effect.first);
        break;
      case 'resync':
        sink.send(encodeFrame('resync', { org: subscription.orgId, reason: effect.reason }));
        break;
      case 'restart':
        this.#owner.restart(this, subscription, effect.reason);
        break;
      case 'unregister':
        this.#unregister(subscription);
        break;
      case 'send-revoked':
        sink.send(encodeFrame('revoked', { org: subscription.orgId, revision: effect.revision, reason: effect.reason }));
        sink.ended(subscription.orgId);
        break;
      case 'send-access-changed':
        sink.send(encodeFrame('access-changed', { org: subscription.orgId, revision: this.feed.head.revision }));
        sink.ended(subscription.orgId);
        break;
      case 'end-credential':
        sink.credentialRevoked();
        break;
      case 'fail-connection':
        sink.failed();
        break;
    }
  }

  /** Adds a subscription whose replica is at `revision` to the group of its audience. */
  goLive(subscription: Subscription, revision: number, checksum: Checksum | null): void {
    this.deps.failpoints.reach('before-live');
    const group = this.fanOut.groupOf(subscription.audience, checksum);
    subscription.handle({ type: 'joined', group, revision });
  }

  close(): void {
    this.feed.stop();
  }

  /**
   * The step from a lagging replica to the head and to its current audience. Null if only a
   * snapshot can continue it.
   */
  catchUpStepFor({ sentAudience, audience, revision }: Extract<SubscriptionState, { phase: 'lagging' }>): CatchUpStep | null {
    return this.#catchUpSteps.get(this.feed, sentAudience, audience, revision);
  }

  cursorAtHead(audience: Audience): string {
    const { epoch, revision, chain } = this.feed.head;
    return encodeCursor({ epoch, revision, chain, audienceKey: audience.key });
  }

  /**
   * Computes a group's checksum if no snapshot has provided it, for example after a resume from a
   * cursor.
   */
  async ensureChecksum(group: SubscribedGroup): Promise<void> {
    if (group.checksum) return;
    const snapshot = this.snapshots.get(group.audience);
    const checksum = await snapshot.checksum;
    await new Promise<void>((resolve) => this.fanOut.whenFlushed(snapshot.head.revision, resolve));
    // A group that was dropped in between gets no more steps, so it may have stopped before the
    // snapshot's revision.
    if (group.flushed < snapshot.head.revision) return;
    const ahead = this.feed.ring.netChangesAfter(snapshot.head.revision, group.flushed);
    if (!ahead) this.snapshots.drop(group.audience, snapshot);
    else group.checksum ??= advanceChecksum(checksum, group.audience, ahead);
  }

  /**
   * Rule A1: changes the audience of the viewers whose rights the entry changed, or evicts them.
   * The entry itself is sent at the end of the event-loop turn.
   */
  applied(entry: LogEntry): void {
    this.#owner.advanced();
    const before = this.subscriptions.size;
    this.#endRemovedTokens(entry);
    for (const subscription of this.#affectedBy(entry)) {
      try {
        this.#updateAccess(subscription, entry);
      } catch (error) {
        this.failSubscription(subscription, error);
      }
    }
    if (movesDeadlines(entry)) for (const subscription of this.subscriptions) this.#watchDeadlines(subscription);
    this.#owner.ended.count(entry.revision, before - this.subscriptions.size);
    this.fanOut.applied();
    for (const reader of this.readers) reader.advanced();
  }

  /** See `EndedSubscriptions`. */
  readEnded(range: RevisionRange): Promise<number | null> {
    return this.#owner.ended.read(this.feed, range);
  }

  /**
   * An organization's tokens are its records, so its own log ends them, before anything later is
   * sent (rule A1).
   */
  #endRemovedTokens({ changes }: LogEntry): void {
    const removedIds = new Set(changes.filter(({ kind, after }) => kind === 'auth-token' && after === null).map(({ id }) => id));
    if (removedIds.size === 0) return;
    for (const subscription of [...this.subscriptions]) {
      if (subscription.viewer.orgTokenId === null || !removedIds.has(subscription.viewer.orgTokenId)) continue;
      subscription.handle({ type: 'credential-revoked' });
    }
  }

  /** Rule R11: an error ends only the subscription that it concerns. */
  failSubscription(member: GroupMember, error: unknown): void {
    this.deps.log.error({ error, orgId: this.feed.orgId }, 'ended a subscription that could not be served');
    this.deps.counters.increment('feedFailures');
    member.handle({ type: 'failed' });
  }

  #recover(subscription: Subscription, first: CatchUpStep | null): void {
    recoverSlowConsumer(this, subscription, first).catch((error: unknown) => this.failSubscription(subscription, error));
  }

  #unregister(subscription: Subscription): void {
    this.fanOut.dropIfEmpty(subscription.audience);
    this.subscriptions.delete(subscription);
    this.#requestedAudiences?.remove(subscription);
    this.#deadlines.cancel(subscription);
    if (this.subscriptions.size === 0) this.#owner.emptied();
  }

  /**
   * Compares the viewers of all subscriptions. An index by user would save less time than sending
   * the entry takes, and every organization would need the memory for it.
   */
  #affectedBy({ changes }: LogEntry): Subscription[] {
    if (changes.some(({ kind }) => concernsAll.has(kind))) return [...this.subscriptions];
    const userIds = new Set(changes.flatMap(usersOf));
    return userIds.size === 0 ? [] : [...this.subscriptions].filter(({ viewer: { userId } }) => userId !== null && userIds.has(userId));
  }

  #updateAccess(subscription: Subscription, entry: LogEntry): void {
    const access = this.#evaluate(subscription);
    if ('revoked' in access) {
      this.deps.counters.increment('revocations');
      subscription.revoke(entry.revision, wasDetached(subscription, entry) ? 'two-factor-required' : access.revoked);
      return;
    }
    const { audience: from } = subscription;
    if (access.audience.key === from.key) return;
    const step = this.#stepOfMove(subscription, access.audience);
    subscription.handle({ type: 'access-changed', audience: access.audience, step });
    this.fanOut.dropIfEmpty(from);
  }

  #evaluate({ viewer }: Subscription): AccessDecision {
    const access = evaluateAccess(this.feed.state, viewer, this.deps.clock.wallTime());
    return this.feed.lostState && 'revoked' in access ? { revoked: 'organization-missing' } : access;
  }

  #watchDeadlines(subscription: Subscription): void {
    this.#deadlines.watch(subscription, this.feed.state, () => {
      this.evaluateAgain(subscription);
      // The login was renewed in between, or another one of the session's logins still counts.
      if (this.subscriptions.has(subscription)) this.#watchDeadlines(subscription);
    });
  }

  evaluateAgain(subscription: Subscription): void {
    const access = this.#evaluate(subscription);
    if (!('revoked' in access)) return;
    this.deps.counters.increment('revocations');
    subscription.revoke(this.feed.head.revision, access.revoked);
  }

  /**
   * Returns the step that changes the audience of a live replica. Null if its client reads too
   * slowly.
   */
  #stepOfMove({ state, isWritable }: Subscription, to: Audience): CatchUpStep | null {
    if (state.phase !== 'live' || !isWritable) return null;
    return this.#catchUpSteps.get(this.feed, state.audience, to, state.revision);
  }

  /** The feed has read another history, so every replica is outdated. */
  reloaded(): void {
    this.#owner.advanced();
    const before = this.subscriptions.size;
    this.fanOut.clear();
    this.#catchUpSteps.clear();
    this.snapshots.clear();
    for (const subscription of [...this.subscriptions]) {
      try {
        const access = this.#evaluate(subscription);
        if ('revoked' in access) subscription.revoke(this.feed.head.revision, access.revoked);
        else {
          subscription.handle({ type: 'history-changed', audience: access.audience });
          this.#watchDeadlines(subscription);
        }
      } catch (error) {
        this.failSubscription(subscription, error);
      }
    }
    this.#owner.ended.count(this.feed.head.revision, before - this.subscriptions.size);
  }
}

/** The users whose access depends on the record that changed. */
function usersOf({ kind, before, after }: LogChange): string[] {
  return kind === 'member' ? [before, after].flatMap((record) => (record?.user as { id: string } | null | undefined)?.id ?? []) : [];
}

/**
 * Requiring 2FA turns a member without it into a pending one. The access then ends for that reason,
 * not by a removal (REST contract 5.6).
 */
function wasDetached({ viewer }: Subscription, { changes }: LogEntry): boolean {
  return changes.some(
    ({ kind, before, after }) =>
      kind === 'member' &&
      after !== null &&
      after.user === null &&
      (before?.user as { id: string } | null | undefined)?.id === viewer.userId,
  );
}
