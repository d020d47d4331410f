import { OrgError } from '@rollcall/protocol';
import type { ClientSettings } from './client-settings.ts';
import { type ClientConnection, Connection, type ConnectionObserver, type ConnectionSettings, whyNoReplica } from './connection.ts';
import { dispose } from './dispose.ts';
import { Emitter, type ListenOptions } from './emitter.ts';
import { Pings, pingsPerLease } from './freshness.ts';
import { HandleRegistry, isSameSet } from './handle-registry.ts';
import { closedHere, endingOf, OrganizationHandle, type OrganizationOptions } from './organization-handle.ts';
import { Organizations } from './organizations.ts';
import { Permissions } from './permissions.ts';
import { isOrganizationFrame, readAck, readPong } from './read-frame.ts';
import type { ReplicaInput, Report, SubscribeEffect } from './replica-state.ts';
import { RequestWindow } from './request-window.ts';
import { type BoundCalls, bindCalls } from './rest/bind-calls.ts';
import type { RestClient } from './rest/rest-client.ts';
import { accountCalls, clientCommands, inviteCalls, sessionCalls } from './rest/session-calls.ts';
import type { ClientStatus } from './status.ts';
import { SubscribedOrganizations } from './subscribed-organizations.ts';
import type { Subscription, SubscriptionHost } from './subscription.ts';

export interface ClientEvents {
  readonly status: { readonly type: 'status'; readonly before: ClientStatus; readonly after: ClientStatus };
  /** A problem from which the client recovered: a gap, a wrong checksum, an unreadable frame. */
  readonly report: Report;
}

/** One connection and the organizations to which it subscribes. */
export class RollcallClient implements Disposable {
  /**
   * The current user, login and logout, and the user's sessions. These calls also work on a closed
   * client.
   */
  readonly session: BoundCalls<typeof sessionCalls>;
  /** The user's own password, second factor, addresses and tokens. */
  readonly account: BoundCalls<typeof accountCalls>;
  /** The page that the link of an invite opens: reading and accepting the invite. */
  readonly invites: BoundCalls<typeof inviteCalls>;
  /** Creates an organization. The caller becomes its owner. */
  readonly createOrganization: BoundCalls<typeof clientCommands>['createOrganization'];
  readonly #settings: ClientSettings;
  readonly #rest: RestClient;
  readonly #connection: ClientConnection;
  readonly #events: Emitter<ClientEvents>;
  readonly #store: Emitter<{ changed: null }>;
  readonly #handles = new HandleRegistry();
  readonly #pings = new Pings();
  #organizations: Organizations | null = null;
  readonly #permissions = new Permissions();
  #subscribed: SubscribedOrganizations | null = null;
  #subscribes = new RequestWindow();
  readonly #host: SubscriptionHost;
  #cancelPings = () => {};
  #isPingDue = false;
  #isPingWanted = false;
  #announced: ClientStatus;

  /** @internal */
  constructor(
    settings: ClientSettings,
    rest: RestClient,
    openConnection = (own: ConnectionSettings, observer: ConnectionObserver): ClientConnection => new Connection(own, observer),
  ) {
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
      productScopes: () => this.#permissions.productScopes,
      random: settings.random,
      after: (ms, run) => settings.timers.after(ms, run),
      subscribe: (subscription, request) => this.#subscribe(subscription, request),
      unsubscribe: (subscription) => this.#unsubscribe(subscription),
      ping: () => this.#pingSoon(),
      whyNoReplica: () => whyNoReplica(this.status),
      connectionProblem: () => (this.#connection.isConnected ? null : this.status.reason),
      countRecords: (change) => this.#countRecords(change),
      report: (report) => this.#events.emit('report', report),
      showPresence: (subscription, message) => this.#connection.send('presence', { org: subscription.key, ...message }),
      onError: settings.onError,
    };
    this.#connection = openConnection(settings, {
      connected: () => this.#onConnected(),
      disconnected: () => this.#onDisconnected(),
      ended: (reason) => this.#onEnded(reason),
      frame: (name, payload) => this.#onFrame(name, payload),
      identityChanged: () => this.#onIdentityChanged(),
      statusChanged: () => this.#onStatus(),
      hasWork: () => this.#organizations !== null || !this.#handles.subscriptions().next().done,
    });
    this.#announced = this.#connection.status;
    this.#connection.open();
    if (settings.organizations)
      this.#subscribed = new SubscribedOrganizations(
        this.organizations,
        settings.organizations,
        (id) => this.#handles.get(id) ?? this.organization(id),
        settings.onError,
      );
  }

  /** Frozen, and the same object until it changes. */
  get status(): ClientStatus {
    return this.#connection.status;
  }

  /** The time until the next connection attempt, for a countdown. Null if none is scheduled. */
  get nextTryInMs(): number | null {
    return this.#connection.nextTryInMs;
  }

  /** Calls `listener` when `status` changed. Returns a function that removes the listener. */
  readonly subscribe = (listener: () => void): (() => void) => this.#store.on('changed', listener);

  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void, options?: ListenOptions): () => void {
    return this.#events.on(name, listener, options);
  }

  /**
   * Subscribes to an organization, by slug or id. The same name returns the same handle until it is
   * closed or its access ends, so its users must agree on who closes it. A slug and an id give two
   * handles that share one replica. If the second requests other collections, it ends as `closed`,
   * and its `ready()` rejects with `invalid`.
   * @throws OrgError `aborted` on a closed client, `unauthenticated` if its credential ended,
   *   `invalid` if the name is in use with other options
   */
  organization(name: string, options: OrganizationOptions = {}): OrganizationHandle {
    if (this.status.phase === 'closed') throw endingOf(this.status.reason ?? closedHere);
    const subscribedId = this.#subscribed?.idOf(name);
    // The list arrives later than the organization's own record.
    const isListed = subscribedId && subscribedId !== name && !this.#handles.get(subscribedId)?.subscription.isRenamedFrom(name);
    if (isListed) return this.organization(subscribedId, options);
    const known = this.#handles.get(name);
    const { collections = null, whenStale = this.#settings.whenStale } = options;
    const isSame = known && isSameSet(known.subscription.collections, collections) && known.whenStale === whenStale;
    if (isSame && known.subscription.isLatelyRefused) return known;
    if (known && !known.subscription.ending) {
      if (!isSame) {
        throw new OrgError(
          'invalid',
          `This client already subscribes to ${name} with other options. Close that handle first, or use a second client.`,
        );
      }
      return known;
    }
    const handle = this.unsubscribedOrganization(name, options);
    this.#handles.add(name, handle);
    const first = this.#handles.subscriptionOf(name);
    if (first) this.#handles.gather(first, name);
    else if (this.#connection.isConnected) handle.subscription.receive({ type: 'connected' });
    else this.#connection.open();
    return handle;
  }

  /**
   * A handle that does not connect, for rendering on a server. Its state stays empty.
   * @internal
   */
  unsubscribedOrganization(name: string, options: OrganizationOptions): OrganizationHandle {
    const { collections = null, whenStale = this.#settings.whenStale } = options;
    return new OrganizationHandle(name, { collections, whenStale }, this.#rest, this.#host, this.#settings.onError);
  }

  /**
   * The organizations to which the user belongs. Requested at the first use, and live from then on.
   */
  get organizations(): Organizations {
    if (this.#organizations) return this.#organizations;
    const { random, after, connectionProblem } = this.#host;
    const request = (ack: (payload: unknown) => void) => {
      if (!this.#connection.isConnected) return;
      this.#connection.request('organizations', {}, (payload) => {
        if (payload !== null) this.#connection.served();
        ack(payload);
      });
    };
    this.#organizations = new Organizations(this.#rest, { random, after, request, connectionProblem }, this.#settings.onError);
    if (this.status.phase === 'closed') this.#organizations.ended(endingOf(this.status.reason ?? closedHere));
    else if (this.#connection.isConnected) this.#organizations.connected();
    else this.#connection.open();
    return this.#organizations;
  }

  /** Closes the connection and every handle, and drops every replica. */
  close(): void {
    this.#connection.close(closedHere);
  }

  [dispose](): void {
    this.close();
  }

  #onConnected(): void {
    const { timers, leaseMs } = this.#settings;
    this.#cancelPings = timers.every(leaseMs / pingsPerLease, () => this.#pingNow());
    for (const subscription of this.#handles.subscriptions()) subscription.receive({ type: 'connected' });
    this.#organizations?.connected();
  }

  #onDisconnected(): void {
    this.#stopPings();
    this.#permissions.disconnected();
    this.#subscribes = new RequestWindow();
    for (const subscription of this.#handles.subscriptions()) subscription.receive({ type: 'disconnected' });
    this.#organizations?.disconnected();
  }

  #onIdentityChanged(): void {
    for (const subscription of this.#handles.subscriptions()) subscription.receive({ type: 'identity-changed' });
    this.#organizations?.identityChanged();
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
    if (name === 'permissions' && this.#permissions.receive(payload)) this.#onPermissionsChanged();
    if (name === 'presence') for (const subscription of this.#handles.subscriptionsOf(payload)) subscription.presence.receive(payload);
    if (name === 'organizations') this.#organizations?.receive(payload);
    if (isOrganizationFrame(name))
      for (const subscription of this.#handles.subscriptionsOf(payload)) subscription.receiveFrame(name, payload);
  }

  #onPermissionsChanged(): void {
    for (const subscription of this.#handles.subscriptions()) subscription.permissionsChanged();
  }

  #onPong(payload: unknown): void {
    const pong = readPong(payload);
    const sentAt = pong && this.#pings.receive(pong.nonce, !pong.more);
    // A piece names some of thousands of organizations.
    const named = pong && Object.keys(pong.orgs).flatMap((orgId) => this.#handles.subscriptionOf(orgId) ?? []);
    for (const subscription of named ?? this.#handles.subscriptions()) subscription.receivePong(pong, sentAt);
    if (sentAt !== null) this.#connection.served();
    if (pong) this.#connection.setRedisDown(pong.bus === 'redis-down');
    if (this.#isPingWanted) this.#pingSoon();
  }

  #subscribe(subscription: Subscription, { attempt, cursor, because }: SubscribeEffect): void {
    if (!this.#connection.isConnected) return;
    const { key, collections, staleMs } = subscription;
    const request = {
      org: key,
      ...(collections && { collections }),
      ...(cursor !== null && { cursor }),
      ...(because && { because }),
      ...(staleMs !== null && { staleMs }),
    };
    this.#subscribes.run((done) => {
      // While it waited, the connection or the subscription may have ended.
      if (!this.#connection.isConnected || subscription.attempt !== attempt || subscription.ending) return done();
      this.#connection.request('subscribe', request, (reply) => {
        done();
        this.#onAck(subscription, readAck(attempt, reply));
      });
    });
  }

  /**
   * A server has one subscription to an organization per connection, and its frames contain the id.
   * Only the reply to `subscribe` shows whether this subscription replaced that of another name.
   */
  #onAck(subscription: Subscription, input: ReplicaInput): void {
    const org = input.type === 'acknowledged' && 'org' in input.ack ? input.ack.org : null;
    const first = org === null ? undefined : this.#handles.subscriptionOf(org);
    const wasClosed = subscription.ending !== null && subscription.orgId === null;
    if (input.type === 'acknowledged' && this.#permissions.acknowledged()) this.#onPermissionsChanged();
    subscription.receive(input);
    if (org === null) return;
    if (first && first !== subscription) first.receive({ type: 'displaced' });
    else if (wasClosed && !this.#handles.hasAnother(subscription, org)) this.#connection.send('unsubscribe', { org });
    const shared = first && !first.ending ? first : subscription;
    if (!shared.ending) this.#handles.gather(shared, org, subscription.name);
  }

  /**
   * While the id is unknown, the reply is awaited: a slug doesn't identify which of two
   * subscriptions to end.
   */
  #unsubscribe(subscription: Subscription): void {
    const { orgId } = subscription;
    if (orgId === null || !this.#connection.isConnected) return;
    if (!this.#handles.hasAnother(subscription, orgId)) this.#connection.send('unsubscribe', { org: orgId });
  }

  /**
   * Refuses the largest organization, not the one that grew last. Otherwise one customer could end
   * the subscriptions of others.
   */
  #countRecords(change: number): void {
    if (this.#handles.countRecords(change) > this.#settings.recordsMax)
      this.#handles.largest()?.receive({ type: 'refused', reason: 'too-many-records' });
  }

  #pingSoon(): void {
    if (this.#isPingDue) return;
    this.#isPingDue = true;
    queueMicrotask(() => {
      this.#isPingDue = false;
      // One ping at a time, since a server drops pings beyond a few. The pong on its way may be too
      // old, so another ping follows it.
      this.#isPingWanted = this.#pings.isWaiting(this.#settings.now());
      if (!this.#isPingWanted) this.#pingNow();
    });
  }

  #pingNow(): void {
    this.#isPingWanted = false;
    if (!this.#connection.isConnected || ![...this.#handles.subscriptions()].some((subscription) => subscription.isLive)) return;
    const staleMs = this.#handles.staleMs();
    const nonce = this.#pings.send(this.#settings.now());
    this.#connection.send('ping', { nonce, pieces: true, ...(Object.keys(staleMs).length > 0 && { staleMs }) });
  }

  #stopPings(): void {
    this.#cancelPings();
    this.#pings.forgetAll();
  }
}
