import type { OrgState, SubscribeAck } from '@rollcall/protocol';
import type { Bus, RevisionRange } from '../bus/bus.ts';
import { orgTokenKey } from '../database/tokens/org-tokens.ts';
import { faultOf } from '../database/translate-error.ts';
import type { Viewer } from '../domain/evaluate-access.ts';
import { yieldToLoop } from '../runtime/clock.ts';
import { SharedReads } from '../runtime/tasks/shared-reads.ts';
import { AccessChecks } from './access-checks.ts';
import type { FeedDeps } from './feed/feed-deps.ts';
import type { CheckedHead } from './heads/changed-heads.ts';
import { type CheckedHeads, catchUpToChecked, type FeedRevisions, type HeadChecks } from './heads/head-checks.ts';
import { OutageRetries } from './heads/outage-retries.ts';
import { EventReader, type ReaderOptions } from './subscriptions/event-reader.ts';
import { tooManyAudiences } from './subscriptions/requested-audiences.ts';
import { ResumedRevisions } from './subscriptions/resumed-revisions.ts';
import { serveSnapshot, serveSubscription } from './subscriptions/serve-subscription.ts';
import { type FrameSink, Subscription } from './subscriptions/subscription.ts';
import { type Slot, SubscriptionSlots, TooManyConnectingError } from './subscriptions/subscription-slots.ts';
import type { IdleFeedLimits } from './watched/idle-organizations.ts';
import { SweepCatchUps } from './watched/sweep-catch-ups.ts';
import type { WatchedOrganization } from './watched/watched-organization.ts';
import { WatchedOrganizations } from './watched/watched-organizations.ts';

/** The entry of the read path: subscribing, pinging, and the results of the sweep. */

export interface SubscribeCall {
  /** Slug or id. */
  readonly org: string;
  readonly cursor: string | null;
  readonly viewer: Viewer;
  /** The user, organization or service to which the connection belongs. */
  readonly owner: string;
  readonly sink: FrameSink;
  /**
   * Whether the client still waits for the response: false once it disconnected, or subscribed
   * again. With the organization's id, a call under another name of the organization counts too.
   */
  isWanted(orgId?: string): boolean;
}

/** Serves a subscription from its registration on. */
type Serve = (watched: WatchedOrganization, subscription: Subscription, acknowledge: (answer: SubscribeAck) => void) => Promise<void>;

export class ReadPath {
  readonly #deps: FeedDeps;
  readonly #bus: Bus;
  readonly #heads: HeadChecks;
  readonly #idsOfNames: SharedReads<string>;
  /** The organization tokens that exist. The others are absent. */
  readonly #orgTokens: SharedReads<true>;
  readonly #slots = new SubscriptionSlots();
  readonly #resumed: ResumedRevisions;
  readonly #retries: OutageRetries;
  readonly #open: WatchedOrganizations;
  readonly #access: AccessChecks;
  readonly swept: SweepCatchUps;
  readonly #watch: Disposable;
  #lastAdvancedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: FeedDeps, bus: Bus, heads: HeadChecks, limits: IdleFeedLimits) {
    this.#deps = deps;
    this.#bus = bus;
    this.#resumed = new ResumedRevisions(() => deps.clock.now());
    this.#retries = new OutageRetries(deps);
    this.#open = new WatchedOrganizations(
      deps,
      bus,
      limits,
      (...restart) => this.#restart(...restart),
      (orgId) => {
        this.#lastAdvancedAt = deps.clock.now();
        heads.checkAgain(orgId);
      },
    );
    this.#access = new AccessChecks(deps);
    this.#heads = heads;
    this.#idsOfNames = new SharedReads(deps.clock, (names) => {
      deps.counters.increment('nameReads');
      return deps.reader.findOrganizationIds(names);
    });
    this.#orgTokens = new SharedReads(
      deps.clock,
      async (keys) => new Map((await deps.reader.findOrgTokens(keys)).map((key) => [key, true])),
    );
    this.swept = new SweepCatchUps(deps, this.#open, heads, bus);
    this.#watch = heads.watch(this.swept);
  }

  /** When a feed last advanced, on the clock of the feeds. Its subscribers then receive a step. */
  get lastAdvancedAt(): number {
    return this.#lastAdvancedAt;
  }

  /** The state of an organization that has subscriptions in this process. */
  stateOf(orgId: string): OrgState | null {
    return this.#open.get(orgId)?.opened?.feed.state ?? null;
  }

  /** The viewers who are subscribed to an organization in this process, one per subscription. */
  viewersOf(orgId: string): readonly Viewer[] {
    return [...(this.#open.get(orgId)?.opened?.subscriptions ?? [])].map(({ viewer }) => viewer);
  }

  get use(): { readonly organizations: number; readonly subscriptions: number; readonly audiences: number } {
    const opened = this.#open.all().flatMap((open) => open.opened ?? []);
    return {
      organizations: opened.length,
      subscriptions: opened.reduce((sum, { subscriptions }) => sum + subscriptions.size, 0),
      audiences: opened.reduce((sum, { fanOut }) => sum + fanOut.audienceCount, 0),
    };
  }

  /** The organizations that stay watched without subscriptions, and their estimated memory. */
  get idleUse(): { readonly organizations: number; readonly bytes: number } {
    return this.#open.idleUse;
  }

  /** Whether only the sweep finds changes of other instances, because Redis is down (rule R4). */
  get isBusDown(): boolean {
    return this.#bus.status === 'redis-down';
  }

  /**
   * The time since the feed that lags most last held everything committed: usually the interval of
   * the sweep.
   */
  get lagMs(): number {
    return this.swept.lagMs;
  }

  /** Whether more than half of the feeds lag by more than this time. */
  mostLagBy(ms: number): boolean {
    return this.swept.mostLagBy(ms);
  }

  /**
   * Subscribes a viewer. The response is the same `denied` if the organization does not exist and
   * if the viewer has no access (rule A6). Resolves when the replica is whole or the subscription
   * ended.
   * @throws TooManyConnectingError when the admission queue is full (rule R10)
   * @param begin receives the subscription before anything is sent, so that the caller can end it
   */
  async subscribe(call: SubscribeCall, begin: (subscription: Subscription) => void, answer: (answer: SubscribeAck) => void): Promise<void> {
    const mayRead = (revisions: number) => call.viewer.isService || this.#resumed.take(call.owner, revisions);
    await this.#admitted(call, (slot) => {
      const serve: Serve = (watched, subscription, reply) => serveSubscription(watched, subscription, call.cursor, mayRead, slot, reply);
      return this.#serve(call, begin, answer, serve);
    });
  }

  /**
   * Subscribes a viewer who reads events instead of steps. Null if the viewer has no access, or if
   * the subscription ended already.
   * @throws TooManyConnectingError as `subscribe`
   * @throws OrgError `rate-limited` for collections that would add too many audiences
   */
  async read(call: SubscribeCall, options: ReaderOptions): Promise<EventReader | null> {
    let reader: EventReader | null = null;
    let isRefused = false;
    const serve: Serve = async (watched, subscription) => {
      subscription.handle({ type: 'reading-events' });
      reader = new EventReader(watched, subscription, options);
    };
    await this.#admitted(call, () =>
      this.#serve(
        call,
        () => {},
        ({ mode }) => {
          isRefused = mode === 'refused';
        },
        serve,
      ),
    );
    if (isRefused) throw tooManyAudiences();
    return reader;
  }

  /** Every attempt needs a slot of its own. */
  #admitted(call: SubscribeCall, attempt: (slot: Slot) => Promise<void>): Promise<void> {
    return this.#retries.run(
      () => call.isWanted(),
      () => this.#slots.run(call.owner, attempt),
    );
  }

  async #serve(
    call: SubscribeCall,
    begin: (subscription: Subscription) => void,
    answer: (answer: SubscribeAck) => void,
    serve: Serve,
  ): Promise<void> {
    const found = await this.#find(call.org);
    const mayAccess = found && (await this.#access.mayAccess(found.orgId, call.viewer, () => this.#open.get(found.orgId) !== null));
    if (!call.isWanted()) return;
    if (!found || !mayAccess) return answer(await this.#access.denialOf(call, found !== null, this.#open.named(call.org)));
    await this.#open.with(found.orgId, async (watched, isNew) => {
      // The feed reaches a head that is read after the call, so a reconnect is evaluated against
      // the current state (rule A4).
      if (watched && watched !== found.current && !isNew) await this.#catchUpNow(watched);
      await this.#serveOn(watched, call, begin, answer, serve);
    });
  }

  /**
   * Finds an organization by its slug or id. An open feed at the current head contains the current
   * slug, so it needs no query for the name (rule R10). `current` is the watched organization with
   * that feed.
   */
  async #find(name: string): Promise<{ readonly orgId: string; readonly current: WatchedOrganization | null } | null> {
    const watched = this.#open.named(name);
    if (watched) {
      await this.#catchUpNow(watched);
      const organization = watched.feed.state.organization;
      if (organization && (organization.slug === name || organization.id === name)) return { orgId: organization.id, current: watched };
    }
    const orgId = (await this.#idsOfNames.read([name])).get(name);
    return orgId === undefined ? null : { orgId, current: null };
  }

  async #serveOn(
    watched: WatchedOrganization | null,
    { org, viewer, owner, sink, cursor, isWanted }: SubscribeCall,
    begin: (subscription: Subscription) => void,
    answer: (answer: SubscribeAck) => void,
    serve: Serve,
  ): Promise<void> {
    if (watched && viewer.userId !== null) await watched.feed.include(viewer.userId);
    if (!isWanted(watched?.feed.orgId)) return;
    // There is no `await` between this line and the registration, so the access is still current
    // when the subscription is registered (rule R5).
    const access = watched && this.#access.evaluate(watched.feed.state, viewer);
    if (!watched || !access || 'revoked' in access) return answer(await this.#access.denialOf({ org, viewer }, true, watched));
    this.#deps.failpoints.reach('after-access-read');
    const subscription = new Subscription(watched.feed.orgId, viewer, owner, access.audience, sink, watched);
    if (!watched.countRequest(subscription)) return answer({ mode: 'refused', reason: 'too-many-audiences' });
    begin(subscription);
    watched.register(subscription);
    this.#open.rememberName(org, watched.feed.orgId);
    try {
      // Only for tokens: during this wait, a second call of the same client would replace the
      // first, and neither would get a response.
      if (viewer.orgTokenId !== null && !(await this.#orgTokenExists(watched.feed.orgId, viewer.orgTokenId))) {
        subscription.end();
        return answer({ mode: 'denied' });
      }
      const answerCounted = (given: SubscribeAck) => {
        if (cursor !== null && given.mode === 'snapshot') this.#deps.counters.increment('resyncs', 1, 'cursor-not-resumable');
        answer(given);
      };
      await serve(watched, subscription, answerCounted);
    } catch (error) {
      if (faultOf(error) !== null && !subscription.isAcknowledged) {
        subscription.end();
        throw error;
      }
      this.#deps.log.error({ error, orgId: watched.feed.orgId }, 'ended a subscription that could not be started');
      subscription.handle({ type: 'failed' });
      return;
    }
    // A subscription that was replaced is not denied, because its client would wipe the replica.
    if (subscription.isDenied) answer({ mode: 'denied' });
  }

  /**
   * An organization token may have been removed since its connection was admitted. This query runs
   * after the registration: from then on the feed ends the subscription with the token.
   */
  async #orgTokenExists(orgId: string, orgTokenId: string): Promise<boolean> {
    const key = orgTokenKey(orgId, orgTokenId);
    return (await this.#orgTokens.read([key])).has(key);
  }

  /**
   * Rule F1: checks the heads after the call, and waits until everything committed by then was
   * sent. Resolves with the subscriptions for which that holds. Rejects while the database is
   * unreachable.
   */
  async verify(subscriptions: readonly Subscription[]): Promise<ReadonlySet<Subscription>> {
    const heads = await this.#readHeads(subscriptions.map(({ orgId }) => orgId));
    const verified = new Set<Subscription>();
    await Promise.all(
      subscriptions.map(async (subscription) => {
        try {
          if (await this.#isCurrent(subscription, heads.get(subscription.orgId)!)) verified.add(subscription);
        } catch (error) {
          if (faultOf(error) !== null) throw error;
          // Rule R11: an organization that can't be read concerns no other one.
          this.#deps.log.debug({ orgId: subscription.orgId, error: String(error) }, 'could not verify a subscription');
        }
      }),
    );
    return verified;
  }

  /** Waits until everything up to the head was sent. False if that is unknown. */
  async #isCurrent(subscription: Subscription, { head, feedRevision }: CheckedHead): Promise<boolean> {
    const watched = await this.#open.get(subscription.orgId)?.organization;
    if (!watched || !head || subscription.phase !== 'live') return false;
    if (!(await watched.feed.catchUpTo(head, feedRevision))) return false;
    if (subscription.group) await watched.ensureChecksum(subscription.group);
    await new Promise<void>((resolve) => watched.fanOut.whenFlushed(head.revision, resolve));
    return true;
  }

  /**
   * The number of subscriptions of this process that committed revisions ended. Null if the log
   * can't be read that far yet. If it is not watched, none are added: a feed that opens later
   * begins after these revisions.
   */
  async readEnded(range: RevisionRange): Promise<number | null> {
    const watched = await this.#open.get(range.orgId)?.organization.catch(() => null);
    return watched ? watched.readEnded(range) : (this.#open.endedOf(range.orgId)?.sumOf(range) ?? 0);
  }

  async close(): Promise<void> {
    this.#retries.close();
    this.#watch[Symbol.dispose]();
    await this.#open.close();
  }

  async #catchUpNow(watched: WatchedOrganization): Promise<void> {
    const { orgId } = watched.feed;
    await catchUpToChecked(watched.feed, (await this.#readHeads([orgId])).get(orgId)!);
  }

  #readHeads(orgIds: readonly string[]): Promise<CheckedHeads> {
    return this.#heads.read(this.#feedRevisions(orgIds));
  }

  #feedRevisions(orgIds: readonly string[]): FeedRevisions {
    return new Map(orgIds.map((orgId) => [orgId, this.swept.revisionOf(orgId) ?? 0]));
  }

  /** A new snapshot needs a slot, as the first one did: after a failover, all are sent again. */
  #restart(watched: WatchedOrganization, subscription: Subscription, reason: string): void {
    this.#deps.counters.increment('resyncs', 1, reason);
    const served = this.#slots.run(subscription.owner, async (slot) => {
      // Nothing else waits here, and all subscriptions of a feed are restarted at once.
      await yieldToLoop(this.#deps.clock);
      if (subscription.phase !== 'ended') await serveSnapshot(watched, subscription, slot);
    });
    served.catch((error: unknown) => {
      if (!(error instanceof TooManyConnectingError))
        this.#deps.log.error({ error, orgId: watched.feed.orgId }, 'ended a subscription that could not be sent a new snapshot');
      subscription.handle({ type: 'failed' });
    });
  }
}
