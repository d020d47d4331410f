import type { SubscribeAnswer } from '@rollcall/protocol';
import type { Bus } from '../bus/bus.ts';
import { type Head, readHeads } from '../database/read-log.ts';
import { judgeViewer, type Viewer } from '../domain/judge-viewer.ts';
import { Gate } from '../runtime/gate.ts';
import { SharedReads } from '../runtime/shared-reads.ts';
import { Channel } from './channel.ts';
import type { FeedDeps } from './feed.ts';
import { findOrganizationIds } from './queries/find-organization.ts';
import { restartSubscription, serveSubscription } from './serve-subscription.ts';
import { type Outlet, Subscription } from './subscription.ts';

/** The read path's way in: subscribing, pinging, and the sweep that finds what notices lost. */

/** Rule R2: half the bound of 400 ms in which access must end without Redis, with room for the reading. */
const sweepIntervalMs = 250;
/** A channel without subscriptions is kept this long: a dashboard that is reloaded finds it warm. */
const idleForMs = 30_000;
/** While the database is away a subscriber waits, and is served when it is back (rule R12). */
const retryIntervalMs = 250;
/** Copies under way at once: each may have 0.5 MB unsent, so 256 are 128 MB; more would only slow each other down (rule R10). */
const servedMax = 256;
/** At some 1 ms of CPU each, whoever is 10,000th in line waits 10 s, as long as a storm may last. */
const inLineMax = 10_000;

interface OpenChannel {
  readonly channel: Promise<Channel | null>;
  /** Once it is there. */
  opened: Channel | null;
  /** When it was last known to hold all that was committed by then; on the clock of `performance.now()`. */
  caughtUpAt: number;
  isBeingBrought: boolean;
  listener: AsyncDisposable | null;
  idleTimer: NodeJS.Timeout | null;
}

export interface SubscribeCall {
  /** Slug or id. */
  readonly org: string;
  readonly cursor: string | null;
  readonly viewer: Viewer;
  readonly outlet: Outlet;
}

export class Channels {
  readonly #deps: FeedDeps;
  readonly #bus: Bus;
  /** For those who need to know where an organization stands *now*: the check begins after the call (rule F1). */
  readonly #headChecks: SharedReads<Head>;
  readonly #idsOfNames: SharedReads<string>;
  readonly #admission = new Gate({ insideMax: servedMax, waitingMax: inLineMax });
  readonly #open = new Map<string, OpenChannel>();
  readonly #doubt: Disposable;
  #sweepTimer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(deps: FeedDeps, bus: Bus) {
    this.#deps = deps;
    this.#bus = bus;
    this.#headChecks = new SharedReads(async (orgIds) => {
      deps.counters.increment('headReads');
      return new Map((await readHeads(deps.db, orgIds)).map((head) => [head.orgId, head]));
    });
    this.#idsOfNames = new SharedReads((names) => findOrganizationIds(deps.db, names));
    this.#scheduleSweep();
  }

  get use(): { readonly channels: number; readonly subscriptions: number; readonly audiences: number } {
    const opened = [...this.#open.values()].flatMap((open) => open.opened ?? []);
    return {
      channels: opened.length,
      subscriptions: opened.reduce((sum, { subscriptions }) => sum + subscriptions.size, 0),
      audiences: opened.reduce((sum, { audienceCount }) => sum + audienceCount, 0),
    };
  }

  /** How long ago the feed that is furthest behind was last known to hold everything: a sweep's interval when all is well. */
  get behindMs(): number {
    const now = performance.now();
    return Math.max(0, ...[...this.#open.values()].map(({ caughtUpAt }) => now - caughtUpAt));
  }

  /**
   * Subscribes a viewer. The same `denied` answers an organization that does not exist and one that is not for them
   * (rule A6). Resolves when the subscription's copy is whole or it is over.
   * @throws GateFullError when more wait to be served than can be soon (rule R10)
   * @param begin told of the subscription before anything is sent, so that it can be ended; false when it is no longer wanted
   */
  subscribe(call: SubscribeCall, begin: (subscription: Subscription) => boolean, answer: (answer: SubscribeAnswer) => void): Promise<void> {
    return this.#admission.run(() => this.#serve(call, begin, answer));
  }

  async #serve(
    { org, cursor, viewer, outlet }: SubscribeCall,
    begin: (subscription: Subscription) => boolean,
    answer: (answer: SubscribeAnswer) => void,
  ): Promise<void> {
    const channel = await this.#retried(() => this.#openCurrent(org));
    // From here to the registration nothing waits: what is judged is what is registered for (rule R5).
    const judgement = channel && judgeViewer(channel.feed.state, viewer);
    if (!channel || !judgement || 'revoked' in judgement) {
      answer({ mode: 'denied' });
      return;
    }
    const subscription = new Subscription(channel.feed.orgId, viewer, judgement.audience, outlet);
    if (!begin(subscription)) return;
    channel.register(subscription);
    this.#keepOpen(channel.feed.orgId);
    await serveSubscription(channel, subscription, cursor, answer, this.#deps.db);
    // It lost its rights before it was acknowledged.
    if (!subscription.isAcknowledged) answer({ mode: 'denied' });
  }

  /** Ends a subscription on the client's wish, or with its connection. */
  async end(subscription: Subscription): Promise<void> {
    subscription.end();
    const channel = await this.#open.get(subscription.orgId)?.channel;
    channel?.unregister(subscription);
    if (channel?.subscriptions.size === 0) this.#scheduleClose(subscription.orgId);
  }

  /**
   * Rule F1: resolves after a check of the heads that began after the call, once all that was committed by then is
   * on its way to the subscription. Rejects while the database is unreachable.
   */
  async verify(subscriptions: readonly Subscription[]): Promise<void> {
    const heads = await this.#headChecks.read(subscriptions.map(({ orgId }) => orgId));
    await Promise.all(
      subscriptions.map(async (subscription) => {
        const channel = await this.#open.get(subscription.orgId)?.channel;
        const head = heads.get(subscription.orgId);
        if (!channel || !head || subscription.status !== 'live') return;
        await this.#bringTo(channel, head);
        if (subscription.group) await channel.ensureChecksum(subscription.group);
        await new Promise<void>((resolve) => channel.whenFlushed(head.revision, resolve));
      }),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#doubt[Symbol.dispose]();
    if (this.#sweepTimer) clearTimeout(this.#sweepTimer);
    await Promise.all([...this.#open.keys()].map((orgId) => this.#close(orgId)));
  }

  /** The channel, brought to a head that was read after the call: reconnecting is judged by the state of now (rule A4). */
  async #openCurrent(orgIdOrSlug: string): Promise<Channel | null> {
    const orgId = (await this.#idsOfNames.read([orgIdOrSlug])).get(orgIdOrSlug);
    if (orgId === undefined) return null;
    const heads = this.#headChecks.read([orgId]);
    const [channel, head] = await Promise.all([this.#openChannel(orgId), heads.then((found) => found.get(orgId))]);
    if (channel && head) await this.#bringTo(channel, head);
    return channel;
  }

  async #bringTo(channel: Channel, head: Head): Promise<void> {
    if (head.epoch !== channel.feed.head.epoch) await channel.feed.reload();
    else await channel.feed.catchUp(head.revision);
  }

  #openChannel(orgId: string): Promise<Channel | null> {
    const existing = this.#open.get(orgId);
    if (existing) return existing.channel;
    const opening: OpenChannel = {
      channel: this.#startChannel(orgId),
      opened: null,
      caughtUpAt: performance.now(),
      isBeingBrought: false,
      listener: null,
      idleTimer: null,
    };
    this.#open.set(orgId, opening);
    opening.channel.then(
      (channel) => {
        opening.opened = channel;
        return channel ? this.#scheduleClose(orgId) : this.#close(orgId);
      },
      () => this.#close(orgId),
    );
    return opening.channel;
  }

  async #startChannel(orgId: string): Promise<Channel | null> {
    let channel: Channel | null = null;
    // Listening first: a notice between the read and the listening would be lost until the sweep.
    const listener = await this.#bus.subscribe(orgId, (notice) => channel?.feed.advance(notice));
    channel = await Channel.open(orgId, this.#deps, (...restart) => this.#restart(...restart));
    const open = this.#open.get(orgId);
    if (open) open.listener = listener;
    else await listener[Symbol.asyncDispose]();
    return channel;
  }

  #restart(channel: Channel, subscription: Subscription, reason: string): void {
    this.#deps.counters.increment('resyncs', 1, reason);
    restartSubscription(channel, subscription, reason).catch((error: unknown) => {
      this.#deps.log.error({ error, orgId: channel.feed.orgId }, 'a subscription could not be served a new copy');
      subscription.fail();
      channel.unregister(subscription);
    });
  }

  #keepOpen(orgId: string): void {
    const open = this.#open.get(orgId);
    if (open?.idleTimer) clearTimeout(open.idleTimer);
    if (open) open.idleTimer = null;
  }

  #scheduleClose(orgId: string): void {
    const open = this.#open.get(orgId);
    if (!open || open.idleTimer) return;
    open.idleTimer = setTimeout(() => {
      open.idleTimer = null;
      open.channel.then((channel) => (channel?.subscriptions.size ? undefined : this.#close(orgId))).catch(() => {});
    }, idleForMs);
    open.idleTimer.unref();
  }

  async #close(orgId: string): Promise<void> {
    const open = this.#open.get(orgId);
    this.#keepOpen(orgId);
    this.#open.delete(orgId);
    await open?.listener?.[Symbol.asyncDispose]();
  }

  /** A database that is away is waited for, as long as the server runs. */
  async #retried<T>(attempt: () => Promise<T>): Promise<T | null> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (this.#closed) return null;
        this.#deps.log.warn({ error: String(error) }, 'a subscriber waits for the database');
        await new Promise((resolve) => setTimeout(resolve, retryIntervalMs).unref());
      }
    }
  }

  #scheduleSweep(): void {
    if (this.#closed) return;
    this.#sweepTimer = setTimeout(() => this.#sweepNow().finally(() => this.#scheduleSweep()), sweepIntervalMs);
    this.#sweepTimer.unref();
  }

  #sweepNow(): Promise<void> {
    return this.#sweep().catch((error: unknown) => this.#deps.log.debug({ error: String(error) }, 'a sweep failed'));
  }

  /** Rule R2: finds a lost last notice, which no gap check can. */
  async #sweep(): Promise<void> {
    if (this.#open.size === 0) return;
    const startedAt = performance.now();
    const heads = await this.#headChecks.read(this.#open.keys());
    for (const [orgId, head] of heads) {
      const open = this.#open.get(orgId);
      if (open?.opened && !open.isBeingBrought) void this.#bringSwept(open, open.opened, head, startedAt);
    }
  }

  /** Not waited for: one organization with much to read keeps no other from being looked at (rule R11). */
  async #bringSwept(open: OpenChannel, channel: Channel, head: Head, readAt: number): Promise<void> {
    if (head.revision > channel.feed.head.revision) this.#deps.counters.increment('gapsFoundBySweep');
    open.isBeingBrought = true;
    try {
      await this.#bringTo(channel, head);
      open.caughtUpAt = readAt;
    } catch (error) {
      this.#deps.log.warn({ orgId: head.orgId, error: String(error) }, 'a feed could not be brought up to date');
    } finally {
      open.isBeingBrought = false;
    }
  }
}
