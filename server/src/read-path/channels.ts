import type { OrgState, SubscribeAnswer } from '@rollcall/protocol';
import type { Bus } from '../bus/bus.ts';
import { faultOf } from '../database/translate-error.ts';
import { judgeViewer, type Viewer } from '../domain/judge-viewer.ts';
import { sleep } from '../runtime/clock.ts';
import { Gate } from '../runtime/gate.ts';
import { SharedReads } from '../runtime/shared-reads.ts';
import type { Channel } from './channel.ts';
import type { FeedDeps } from './feed-deps.ts';
import { bringToChecked, type CheckedHead, type CheckedHeads, type HeadChecks, type HeldRevisions } from './head-checks.ts';
import { type OpenChannel, OpenChannels } from './open-channels.ts';
import { restartSubscription, serveSubscription } from './serve-subscription.ts';
import { type Outlet, Subscription } from './subscription.ts';

/** The read path's way in: subscribing, pinging, and what the sweep finds. */

/** While the database is away a subscriber waits, and is served when it is back (rule R12). */
const retryIntervalMs = 250;
/** Copies under way at once: each may have 0.5 MB unsent, so 256 are 128 MB; more would only slow each other down (rule R10). */
const servedMax = 256;
/** At some 1 ms of CPU each, whoever is 10,000th in line waits 10 s, as long as a storm may last. */
const inLineMax = 10_000;

export interface SubscribeCall {
  /** Slug or id. */
  readonly org: string;
  readonly cursor: string | null;
  readonly viewer: Viewer;
  readonly outlet: Outlet;
  /** Whether the client still waits for this: false once it is gone, or asked again. */
  isWanted(): boolean;
}

export class Channels {
  readonly #deps: FeedDeps;
  readonly #bus: Bus;
  readonly #heads: HeadChecks;
  readonly #idsOfNames: SharedReads<string>;
  /** Organization tokens that are there; one that is not is absent. */
  readonly #orgTokens: SharedReads<true>;
  readonly #admission = new Gate({ insideMax: servedMax, waitingMax: inLineMax });
  readonly #open: OpenChannels;
  /** Entries being judged without a channel, by organization: one at a time, since the first who may enter opens it for all. */
  readonly #entries = new Map<string, Promise<boolean>>();
  readonly #watch: Disposable;
  #closed = false;

  constructor(deps: FeedDeps, bus: Bus, heads: HeadChecks) {
    this.#deps = deps;
    this.#bus = bus;
    this.#open = new OpenChannels(deps, bus, (...restart) => this.#restart(...restart));
    this.#heads = heads;
    this.#idsOfNames = new SharedReads(deps.clock, (names) => {
      deps.counters.increment('nameReads');
      return deps.reader.findOrganizationIds(names);
    });
    this.#orgTokens = new SharedReads(deps.clock, async (ids) => new Map((await deps.reader.findOrgTokens(ids)).map((id) => [id, true])));
    this.#watch = heads.watch({
      watched: () => this.#heldBy(this.#open.all().map(({ orgId }) => orgId)),
      swept: (checked, at) => this.#swept(checked, at),
    });
  }

  /** What is known here of an organization that somebody here watches. */
  stateOf(orgId: string): OrgState | null {
    return this.#open.get(orgId)?.opened?.feed.state ?? null;
  }

  get use(): { readonly channels: number; readonly subscriptions: number; readonly audiences: number } {
    const opened = this.#open.all().flatMap((open) => open.opened ?? []);
    return {
      channels: opened.length,
      subscriptions: opened.reduce((sum, { subscriptions }) => sum + subscriptions.size, 0),
      audiences: opened.reduce((sum, { fanOut }) => sum + fanOut.audienceCount, 0),
    };
  }

  /** Whether changes of other instances are found by the sweep alone, since the Redis that should tell of them is away (rule R4). */
  get isBusDown(): boolean {
    return this.#bus.status === 'redis-down';
  }

  /** How long ago the feed that is furthest behind was last known to hold everything: a sweep's interval when all is well. */
  get behindMs(): number {
    const now = this.#deps.clock.now();
    return Math.max(0, ...this.#open.all().map(({ caughtUpAt }) => now - caughtUpAt));
  }

  /**
   * Subscribes a viewer. The same `denied` answers an organization that does not exist and one that is not for them
   * (rule A6). Resolves when the subscription's copy is whole or it is over.
   * @throws GateFullError when more wait to be served than can be soon (rule R10)
   * @param begin told of the subscription before anything is sent, so that it can be ended
   */
  subscribe(call: SubscribeCall, begin: (subscription: Subscription) => void, answer: (answer: SubscribeAnswer) => void): Promise<void> {
    return this.#admission.run(() => this.#serve(call, begin, answer));
  }

  async #serve(call: SubscribeCall, begin: (subscription: Subscription) => void, answer: (answer: SubscribeAnswer) => void): Promise<void> {
    const found = await this.#retried(call, () => this.#find(call.org));
    const orgId = found?.orgId ?? null;
    const mayEnter = orgId !== null && (await this.#retried(call, () => this.#mayEnter(orgId, call.viewer)));
    if (!call.isWanted()) return;
    if (!mayEnter) return answer({ mode: 'denied' });
    let current = found?.current ?? null;
    await this.#retried(call, () =>
      this.#open.with(orgId, async (channel) => {
        // Brought to a head that is read after the call: reconnecting is judged by the state of now (rule A4).
        if (channel && channel !== current) await this.#bringToNow(channel);
        // Whoever waited for the database since has to ask anew.
        current = null;
        await this.#serveOn(channel, call, begin, answer);
      }),
    );
  }

  /**
   * A feed that is brought to now knows what its organization is called now, without a look at the others (rule R10). With the channel
   * that was brought there, if any.
   */
  async #find(name: string): Promise<{ readonly orgId: string; readonly current: Channel | null } | null> {
    const channel = this.#open.named(name);
    if (channel) {
      await this.#bringToNow(channel);
      const organization = channel.feed.state.organization;
      if (organization && (organization.slug === name || organization.id === name)) return { orgId: organization.id, current: channel };
    }
    const orgId = (await this.#idsOfNames.read([name])).get(name);
    return orgId === undefined ? null : { orgId, current: null };
  }

  /**
   * Whether a viewer may see an organization that nobody here watches yet: a feed is not opened for those who may not.
   * Where it is open, the feed's own state says so.
   */
  async #mayEnter(orgId: string, viewer: Viewer): Promise<boolean> {
    while (!this.#open.get(orgId)) {
      const underWay = this.#entries.get(orgId);
      if (underWay) {
        await underWay.catch(() => false);
        continue;
      }
      const judging = this.#judgeEntry(orgId, viewer).finally(() => this.#entries.delete(orgId));
      this.#entries.set(orgId, judging);
      return judging;
    }
    return true;
  }

  async #judgeEntry(orgId: string, viewer: Viewer): Promise<boolean> {
    const state = await this.#deps.reader.readCallerState(orgId, viewer.userId);
    return state !== null && !('revoked' in judgeViewer(state, viewer));
  }

  async #serveOn(
    channel: Channel | null,
    { org, viewer, outlet, cursor, isWanted }: SubscribeCall,
    begin: (subscription: Subscription) => void,
    answer: (answer: SubscribeAnswer) => void,
  ): Promise<void> {
    if (channel && viewer.userId !== null) await channel.feed.include(viewer.userId);
    if (!isWanted()) return;
    // From here to the registration nothing waits: what is judged is what is registered for (rule R5).
    const judgement = channel && judgeViewer(channel.feed.state, viewer);
    if (!channel || !judgement || 'revoked' in judgement) return answer({ mode: 'denied' });
    this.#deps.failpoints.reach('after-access-read');
    const subscription = new Subscription(channel.feed.orgId, viewer, judgement.audience, outlet);
    begin(subscription);
    channel.register(subscription);
    this.#open.rememberName(org, channel.feed.orgId);
    try {
      // Users are not kept waiting: whoever asks twice at once would be answered for neither.
      if (viewer.orgTokenId !== null && !(await this.#isTokenThere(viewer.orgTokenId))) {
        channel.unregister(subscription);
        return answer({ mode: 'denied' });
      }
      const answerCounted = (given: SubscribeAnswer) => {
        if (cursor !== null && given.mode === 'snapshot') this.#deps.counters.increment('resyncs', 1, 'cursor-not-resumable');
        answer(given);
      };
      await serveSubscription(channel, subscription, cursor, answerCounted);
    } catch (error) {
      this.#deps.log.error({ error, orgId: channel.feed.orgId }, 'a subscription could not be served');
      subscription.fail();
      channel.unregister(subscription);
      return;
    }
    // It lost its rights before it was acknowledged. One that was replaced is not denied: its client would wipe the copy.
    if (subscription.isRevoked && !subscription.isAcknowledged) answer({ mode: 'denied' });
  }

  /**
   * An organization token may have gone since its connection was let in. To be asked once the subscription is registered:
   * from then on the feed ends it with the token.
   */
  async #isTokenThere(orgTokenId: string): Promise<boolean> {
    return (await this.#orgTokens.read([orgTokenId])).has(orgTokenId);
  }

  /** Ends a subscription on the client's wish, or with its connection. */
  async end(subscription: Subscription): Promise<void> {
    subscription.end();
    const channel = await this.#open.get(subscription.orgId)?.channel.catch(() => null);
    channel?.unregister(subscription);
  }

  /**
   * Rule F1: resolves after a check of the heads that began after the call, once all that was committed by then is
   * on its way, with the subscriptions this holds for. Rejects while the database is unreachable.
   */
  async verify(subscriptions: readonly Subscription[]): Promise<ReadonlySet<Subscription>> {
    const heads = await this.#readHeads(subscriptions.map(({ orgId }) => orgId));
    const verified = new Set<Subscription>();
    await Promise.all(
      subscriptions.map(async (subscription) => {
        const channel = await this.#open.get(subscription.orgId)?.channel;
        const { head, heldRevision } = heads.get(subscription.orgId)!;
        if (!channel || !head || subscription.status !== 'live') return;
        await channel.feed.bringTo(head, heldRevision);
        if (subscription.group) await channel.ensureChecksum(subscription.group);
        await new Promise<void>((resolve) => channel.fanOut.whenFlushed(Math.min(head.revision, channel.feed.head.revision), resolve));
        verified.add(subscription);
      }),
    );
    return verified;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch[Symbol.dispose]();
    await this.#open.close();
  }

  async #bringToNow(channel: Channel): Promise<void> {
    const { orgId } = channel.feed;
    await bringToChecked(channel.feed, (await this.#readHeads([orgId])).get(orgId)!);
  }

  #readHeads(orgIds: readonly string[]): Promise<CheckedHeads> {
    return this.#heads.read(this.#heldBy(orgIds));
  }

  #heldBy(orgIds: readonly string[]): HeldRevisions {
    return new Map(orgIds.map((orgId) => [orgId, this.#open.get(orgId)?.opened?.feed.head.revision ?? 0]));
  }

  #restart(channel: Channel, subscription: Subscription, reason: string): void {
    this.#deps.counters.increment('resyncs', 1, reason);
    restartSubscription(channel, subscription, reason).catch((error: unknown) => {
      this.#deps.log.error({ error, orgId: channel.feed.orgId }, 'a subscription could not be served a new copy');
      subscription.fail();
      channel.unregister(subscription);
    });
  }

  /** A database that is away is waited for, as long as the client does (rule R12). */
  async #retried<T>({ isWanted }: SubscribeCall, attempt: () => Promise<T>): Promise<T | null> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (faultOf(error) === null) throw error;
        if (this.#closed || !isWanted()) return null;
        this.#deps.log.warn({ error: String(error) }, 'a subscriber waits for the database');
        await sleep(this.#deps.clock, retryIntervalMs);
      }
    }
  }

  /** Not waited for: one organization with much to read keeps no other from being looked at (rule R11). */
  #swept(heads: CheckedHeads, at: number): void {
    for (const [orgId, checked] of heads) {
      const open = this.#open.get(orgId);
      if (open?.opened && !open.isBeingBrought) void this.#bringSwept(open, open.opened, checked, at);
    }
  }

  async #bringSwept(open: OpenChannel, channel: Channel, checked: CheckedHead, at: number): Promise<void> {
    if (checked.head && checked.head.revision > channel.feed.head.revision) this.#deps.counters.increment('gapsFoundBySweep');
    open.isBeingBrought = true;
    try {
      await bringToChecked(channel.feed, checked);
      open.caughtUpAt = at;
    } catch (error) {
      this.#deps.log.warn({ orgId: open.orgId, error: String(error) }, 'a feed could not be brought up to date');
    } finally {
      open.isBeingBrought = false;
    }
  }
}
