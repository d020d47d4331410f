import { OrgError } from '@rollcall/protocol';
import { Connection, type ConnectionSettings } from './connection.ts';
import { dispose } from './dispose.ts';
import { Emitter, type ErrorHandler, type ListenOptions } from './emitter.ts';
import { Pings, pingsPerLease } from './freshness.ts';
import { Handles, isSameSet } from './handles.ts';
import { closedHere, endingOf, OrganizationHandle, type OrganizationOptions } from './organization-handle.ts';
import { Organizations } from './organizations.ts';
import { isOrganizationFrame, readAnswer, readPong } from './read-frame.ts';
import type { ReplicaInput } from './replica-machine.ts';
import { type BoundCalls, bindCalls } from './rest/bind-calls.ts';
import type { RestClient } from './rest/rest-client.ts';
import { accountCalls, clientCommands, inviteCalls, sessionCalls } from './rest/session-calls.ts';
import type { ClientStatus } from './status.ts';
import type { Report, SubscribeRequest, Subscription, SubscriptionHost } from './subscription.ts';
import type { WhenStale } from './when-stale.ts';

export interface ClientEvents {
  readonly status: { readonly type: 'status'; readonly before: ClientStatus; readonly after: ClientStatus };
  /** Something healed by itself: a gap, a checksum that differed, a frame that could not be read. */
  readonly report: Report;
}

/** @internal */
export interface ClientSettings extends ConnectionSettings {
  readonly leaseMs: number;
  readonly whenStale: WhenStale;
  readonly onError: ErrorHandler;
}

/** One connection, and the organizations that are followed over it. */
export class RollcallClient implements Disposable {
  /** Who one is here, logging in and out, and the sessions one has. These calls work on a closed client too. */
  readonly session: BoundCalls<typeof sessionCalls>;
  /** One's own password, second factor, addresses and tokens. */
  readonly account: BoundCalls<typeof accountCalls>;
  /** What the link of an invite leads to. */
  readonly invites: BoundCalls<typeof inviteCalls>;
  /** Makes an organization; the caller becomes its owner. */
  readonly createOrganization: BoundCalls<typeof clientCommands>['createOrganization'];
  readonly #settings: ClientSettings;
  readonly #rest: RestClient;
  readonly #connection: Connection;
  readonly #events: Emitter<ClientEvents>;
  readonly #store: Emitter<{ changed: null }>;
  readonly #handles = new Handles();
  readonly #pings = new Pings();
  #organizations: Organizations | null = null;
  readonly #host: SubscriptionHost;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #isPingDue = false;
  #isPingWanted = false;
  #announced: ClientStatus;

  /** @internal */
  constructor(settings: ClientSettings, rest: RestClient) {
    this.#settings = settings;
    this.#rest = rest;
    this.session = bindCalls(sessionCalls, rest);
    this.account = bindCalls(accountCalls, rest);
    this.invites = bindCalls(inviteCalls, rest);
    this.createOrganization = bindCalls(clientCommands, rest).createOrganization;
    this.#events = new Emitter(settings.onError);
    this.#store = new Emitter(settings.onError);
    this.#host = {
      now: settings.now,
      leaseMs: settings.leaseMs,
      random: settings.random,
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      subscribe: (subscription, request) => this.#subscribe(subscription, request),
      unsubscribe: (subscription) => this.#unsubscribe(subscription),
      ping: () => this.#pingSoon(),
      report: (report) => this.#events.emit('report', report),
      showPresence: (subscription, message) => this.#connection.send('presence', { org: subscription.key, ...message }),
      onError: settings.onError,
    };
    this.#connection = new Connection(settings, {
      connected: () => this.#onConnected(),
      disconnected: () => this.#onDisconnected(),
      ended: (reason) => this.#onEnded(reason),
      frame: (name, payload) => this.#onFrame(name, payload),
      statusChanged: () => this.#onStatus(),
      hasWork: () => this.#organizations !== null || !this.#handles.subscriptions().next().done,
    });
    this.#announced = this.#connection.status;
    this.#connection.open();
  }

  /** Frozen, and the same object until it changes. */
  get status(): ClientStatus {
    return this.#connection.status;
  }

  /** Until the next try to connect, for a countdown. Null while none is waited for. */
  get nextTryInMs(): number | null {
    return this.#connection.nextTryInMs;
  }

  /** Calls back whenever `status` is another object. Gives the function that stops it. */
  readonly subscribe = (listener: () => void): (() => void) => this.#store.on('changed', listener);

  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void, options?: ListenOptions): () => void {
    return this.#events.on(name, listener, options);
  }

  /**
   * Follows an organization, by slug or id. The same name gives the same handle until that is closed or its access ends,
   * so whoever shares one agrees on who closes it. Slug and id give two handles on one copy; when the second asks for
   * other collections than the first it ends as `closed`, and its `ready()` rejects with `invalid`.
   * @throws OrgError `aborted` on a closed client, `invalid` when the name is already followed with other options
   */
  organization(name: string, options: OrganizationOptions = {}): OrganizationHandle {
    if (this.status.phase === 'closed') throw new OrgError('aborted', 'The client is closed.');
    const known = this.#handles.get(name);
    const { collections = null, whenStale = this.#settings.whenStale } = options;
    if (known && !known.subscription.ending) {
      if (!isSameSet(known.subscription.collections, collections)) {
        throw new OrgError('invalid', `The organization ${name} is already followed with other collections.`);
      }
      if (known.whenStale !== whenStale) {
        throw new OrgError('invalid', `The organization ${name} is already followed with whenStale: '${known.whenStale}'.`);
      }
      return known;
    }
    const handle = new OrganizationHandle(name, { collections, whenStale }, this.#rest, this.#host, this.#settings.onError);
    this.#handles.add(name, handle);
    const first = this.#handles.subscriptionOf(name);
    if (first) this.#handles.gather(first);
    else if (this.#connection.isConnected) handle.subscription.receive({ type: 'connected' });
    else this.#connection.open();
    return handle;
  }

  /** Those that one belongs to, live. Asked for at the first use, and followed from then on. */
  get organizations(): Organizations {
    if (this.#organizations) return this.#organizations;
    const { random, after } = this.#host;
    const request = (answer: (payload: unknown) => void) => {
      if (!this.#connection.isConnected) return;
      this.#connection.request('organizations', {}, (payload) => {
        if (payload !== null) this.#connection.served();
        answer(payload);
      });
    };
    this.#organizations = new Organizations(this.#rest, { random, after, request }, this.#settings.onError);
    if (this.status.phase === 'closed') this.#organizations.ended(endingOf(this.status.reason ?? closedHere));
    else if (this.#connection.isConnected) this.#organizations.connected();
    else this.#connection.open();
    return this.#organizations;
  }

  /** Ends the connection, closes every handle and drops every copy. */
  close(): void {
    this.#connection.close(closedHere);
  }

  [dispose](): void {
    this.close();
  }

  #onConnected(): void {
    this.#pingTimer = setInterval(() => this.#pingNow(), this.#settings.leaseMs / pingsPerLease);
    for (const subscription of this.#handles.subscriptions()) subscription.receive({ type: 'connected' });
    this.#organizations?.connected();
  }

  #onDisconnected(): void {
    this.#stopPings();
    for (const subscription of this.#handles.subscriptions()) subscription.receive({ type: 'disconnected' });
    this.#organizations?.disconnected();
  }

  #onEnded(reason: string): void {
    this.#stopPings();
    const type = reason === closedHere ? 'close' : 'expelled';
    for (const subscription of this.#handles.subscriptions()) subscription.receive({ type, reason });
    this.#handles.clear();
    this.#organizations?.ended(endingOf(reason));
    this.#events.clear();
    this.#store.clear();
  }

  #onStatus(): void {
    const before = this.#announced;
    const after = this.#connection.status;
    this.#announced = after;
    this.#events.emit('status', { type: 'status', before, after });
    this.#store.emit('changed', null);
  }

  #onFrame(name: string, payload: unknown): void {
    if (name === 'pong') this.#onPong(payload);
    if (name === 'presence') for (const subscription of this.#subscriptionsOf(payload)) subscription.presence.receive(payload);
    if (name === 'organizations') this.#organizations?.receive(payload);
    if (isOrganizationFrame(name)) for (const subscription of this.#subscriptionsOf(payload)) subscription.receiveFrame(name, payload);
  }

  /** Those of the organization that a frame names; all of them when it names none, since it may have been anybody's. */
  *#subscriptionsOf(payload: unknown): Generator<Subscription> {
    const org = (payload as { org?: unknown } | null)?.org;
    for (const subscription of this.#handles.subscriptions()) if (typeof org !== 'string' || subscription.orgId === org) yield subscription;
  }

  #onPong(payload: unknown): void {
    const pong = readPong(payload);
    const sentAt = pong && this.#pings.answer(pong.nonce);
    for (const subscription of this.#handles.subscriptions()) subscription.receivePong(pong, sentAt);
    if (sentAt !== null) this.#connection.served();
    if (pong) this.#connection.setRedisDown(pong.bus === 'redis-down');
    if (this.#isPingWanted) this.#pingSoon();
  }

  #subscribe(subscription: Subscription, { attempt, cursor, because }: SubscribeRequest): void {
    if (!this.#connection.isConnected) return;
    const { key, collections, staleMs } = subscription;
    const request = {
      org: key,
      ...(collections && { collections }),
      ...(cursor !== null && { cursor }),
      ...(because && { because }),
      ...(staleMs !== null && { staleMs }),
    };
    this.#connection.request('subscribe', request, (reply) => this.#onAnswer(subscription, readAnswer(attempt, reply)));
  }

  /**
   * A server has one subscription to an organization for each connection, by whatever name, and its frames go by id. So
   * only now is it known whether this answer's subscription took the place of another subscription's.
   */
  #onAnswer(subscription: Subscription, input: ReplicaInput): void {
    const org = input.type === 'answer' && input.answer.mode !== 'denied' ? input.answer.org : null;
    const first = org === null ? undefined : this.#handles.subscriptionOf(org);
    const wasClosed = subscription.ending !== null && subscription.orgId === null;
    subscription.receive(input);
    if (org === null) return;
    if (first && first !== subscription) first.receive({ type: 'displaced' });
    else if (wasClosed && !this.#handles.hasAnother(subscription, org)) this.#connection.send('unsubscribe', { org });
    const shared = first ?? subscription;
    if (!shared.ending) this.#handles.gather(shared);
  }

  /** By slug nobody can tell whose subscription is meant: while the id is unknown, the answer is waited for. */
  #unsubscribe(subscription: Subscription): void {
    const { orgId } = subscription;
    if (orgId !== null && !this.#handles.hasAnother(subscription, orgId)) this.#connection.send('unsubscribe', { org: orgId });
  }

  #pingSoon(): void {
    if (this.#isPingDue) return;
    this.#isPingDue = true;
    queueMicrotask(() => {
      this.#isPingDue = false;
      // One at a time, since a server drops pings beyond a few; the answer under way may be too old, so another follows it.
      this.#isPingWanted = this.#pings.isWaiting(this.#settings.now());
      if (!this.#isPingWanted) this.#pingNow();
    });
  }

  #pingNow(): void {
    this.#isPingWanted = false;
    if (!this.#connection.isConnected || ![...this.#handles.subscriptions()].some((subscription) => subscription.isLive)) return;
    const staleMs = this.#staleMs();
    const nonce = this.#pings.send(this.#settings.now());
    this.#connection.send('ping', { nonce, ...(Object.keys(staleMs).length > 0 && { staleMs }) });
  }

  /** Which copies are older than their lease, for the server's operator. */
  #staleMs(): Record<string, number> {
    const staleMs: Record<string, number> = {};
    for (const subscription of this.#handles.subscriptions()) {
      if (subscription.orgId !== null && subscription.staleMs !== null) staleMs[subscription.orgId] = subscription.staleMs;
    }
    return staleMs;
  }

  #stopPings(): void {
    clearInterval(this.#pingTimer);
    this.#pings.forgetAll();
  }
}
