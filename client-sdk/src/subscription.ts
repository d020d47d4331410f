import { type Collection, type OrgState, organizationMissing, type PongFrame, type ProductScopes } from '@rollcall/protocol';
import type { Clock } from './clock.ts';
import type { ErrorHandler } from './emitter.ts';
import { Lease, pingsPerLease } from './freshness.ts';
import { isMissing } from './missing-organization.ts';
import { Presence, type PresenceMessage } from './presence.ts';
import { pongInput, readOrganizationFrame, unreadable } from './read-frame.ts';
import { backoffMs } from './reconnect-delay.ts';
import { Replica, type ReplicaOutput } from './replica.ts';
import type { Ending, ReplicaInput, Report, SubscribeEffect } from './replica-state.ts';
import { type OrganizationState, StateView } from './state-view.ts';
import { initialOrganizationStatus, type OrganizationStatus } from './status.ts';
import { TimeSlicer } from './time-slicer.ts';

/** The time after which an organization with too many records may be loaded again. */
const refusedMs = 60_000;

/** The functions of the client that a subscription uses. */
export interface SubscriptionHost {
  readonly now: Clock;
  readonly leaseMs: number;
  /** The scopes of the server's permission table, see `can`. */
  productScopes(): ProductScopes;
  readonly random: () => number;
  /** Runs once, after `ms`, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
  subscribe(subscription: Subscription, request: SubscribeEffect): void;
  unsubscribe(subscription: Subscription): void;
  /** Sends one ping soon, for all calls in the same tick. */
  ping(): void;
  report(report: Report): void;
  /** The result of `can()` while there is no replica. */
  whyNoReplica(): 'no-copy' | 'unreachable' | 'credential-ended';
  /** Why the last connection or the last attempt failed. Null while there is a connection. */
  connectionProblem(): string | null;
  /**
   * Counts records that a replica gained or lost. If all replicas together have too many, it
   * refuses the one that has the most.
   */
  countRecords(change: number): void;
  /** Publishes what this user views, see `Presence`. */
  showPresence(subscription: Subscription, message: PresenceMessage): void;
  readonly onError: ErrorHandler;
}

export type Update = Extract<ReplicaOutput, { type: 'changed' | 'ended' }>;
export type UpdateListener = (updates: readonly Update[]) => void;

/**
 * Connects one replica to a connection and a clock. It executes the replica's outputs and computes
 * its freshness. An organization has one subscription, which all its handles share.
 */
export class Subscription {
  /** The caller's name for the organization: a slug or an id. */
  readonly name: string;
  readonly collections: readonly Collection[] | null;
  readonly presence: Presence;
  readonly #replica: Replica;
  readonly #view = new StateView();
  readonly #lease: Lease;
  readonly #host: SubscriptionHost;
  readonly #listeners = new Set<UpdateListener>();
  readonly #frames: TimeSlicer;
  #isTrusted = true;
  #hasBegun = false;
  /** The number of records that the host has counted. */
  #counted = 0;
  #refusedAt: number | null = null;
  #status = initialOrganizationStatus;
  #cancelStale = () => {};
  #cancelSubscribe = () => {};

  constructor(name: string, collections: readonly Collection[] | null, host: SubscriptionHost, replica = new Replica()) {
    this.name = name;
    this.collections = collections;
    this.#host = host;
    this.presence = new Presence((message) => host.showPresence(this, message), host.onError);
    this.#frames = new TimeSlicer(host);
    this.#replica = replica;
    this.#lease = new Lease(host.leaseMs);
  }

  join(listener: UpdateListener): void {
    this.#listeners.add(listener);
  }

  /**
   * The last listener that leaves closes the subscription. Returns an ended subscription for that
   * listener.
   */
  leave(listener: UpdateListener, ending: Ending): Subscription {
    const { name, collections, orgId, attempt } = this;
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.receive({ type: 'close', reason: ending.reason });
    return new Subscription(name, collections, this.#host, new Replica({ phase: 'ended', orgId, attempt, failures: 0, ending }));
  }

  get orgId(): string | null {
    return this.#replica.machine.orgId;
  }

  /** The name on the wire and for REST: the id if it is known, since slugs can be reassigned. */
  get key(): string {
    return this.orgId ?? this.name;
  }

  /**
   * Whether the organization is known to have another slug than `name`. Unknown without a replica
   * that contains the organization.
   */
  isRenamedFrom(name: string): boolean {
    const { organization } = this.records;
    return organization !== null && name !== organization.id && name !== organization.slug;
  }

  get records(): OrgState {
    return this.#replica.records.state;
  }

  /** The same object until it changes. */
  get state(): OrganizationState {
    return this.#view.read(this.records, this.orgId, this.revision);
  }

  get checksum() {
    return this.#replica.records.checksum;
  }

  get revision(): number | null {
    return this.#replica.revision;
  }

  get attempt(): number {
    return this.#replica.machine.attempt;
  }

  get isLive(): boolean {
    return this.#replica.machine.phase === 'live';
  }

  get ending(): Ending | null {
    const { machine } = this.#replica;
    return machine.phase === 'ended' ? machine.ending : null;
  }

  /**
   * Whether it was refused because of its records less than a minute ago. Another subscription
   * would load all of them again, and be refused again.
   */
  get isLatelyRefused(): boolean {
    return this.#refusedAt !== null && this.#host.now() - this.#refusedAt < refusedMs;
  }

  /** Whether a replica has ever arrived, or the access has ended. */
  get hasBegun(): boolean {
    return this.#hasBegun || this.ending !== null;
  }

  get isFresh(): boolean {
    return this.#lease.isFresh(this.#host.now());
  }

  /** The age of the last proof that the replica is current. */
  get ageMs(): number | null {
    return this.#lease.ageMs(this.#host.now());
  }

  /**
   * The time for which the replica hasn't been fresh since it was. Null while it is fresh, and
   * without a replica.
   */
  get staleMs(): number | null {
    return this.revision === null ? null : this.#lease.staleMs(this.#host.now());
  }

  /** Whether the replica certainly contains `revision`. */
  holds(revision: number): boolean {
    return this.#isTrusted && this.revision !== null && this.revision >= revision;
  }

  /** The same object until it changes. */
  get status(): OrganizationStatus {
    const { phase, fresh } = this.#phase();
    const { revision } = this;
    const { machine } = this.#replica;
    const part = machine.phase === 'loading' ? machine.taken : 0;
    const reason = this.ending?.reason ?? null;
    const last = this.#status;
    const isSame = last.phase === phase && last.revision === revision && last.fresh === fresh && last.reason === reason;
    if (!isSame || (last.loading?.part ?? 0) !== part) {
      const loading = part > 0 && machine.phase === 'loading' ? Object.freeze({ part, parts: machine.parts! }) : null;
      this.#status = Object.freeze({ phase, revision, fresh, loading, reason });
    }
    return this.#status;
  }

  /**
   * Receives a frame of this organization. It is parsed only when the previous ones have been
   * applied, since the parts of a large snapshot may arrive faster than that (see `TimeSlicer`).
   */
  receiveFrame(name: string, payload: unknown): void {
    // The reply to `subscribe` precedes every frame of its subscription. Earlier frames belong to
    // the previous subscription.
    if (name !== 'revoked' && this.#replica.machine.phase === 'subscribing') return;
    const receive = () => this.#receiveInput(readOrganizationFrame(name, payload));
    // In a hidden tab, a pause may take a minute. Access ends at once.
    if (name === 'revoked') this.#frames.runInstead(receive);
    else this.#frames.run(receive);
  }

  /**
   * Receives a pong, which arrives after the data that was sent before it. Null for an unreadable
   * pong.
   */
  receivePong(pong: PongFrame | null, sentAt: number | null): void {
    this.#frames.run(() => this.#receiveInput(pong ? pongInput(pong, sentAt, this) : unreadable('pong')));
  }

  /**
   * The permission table changed. The replica isn't fresh until a pong that follows the new table.
   */
  permissionsChanged(): void {
    this.#lease.forget(this.#host.now());
    if (this.isLive) this.#host.ping();
    this.#watchLease();
    this.#notify([]);
  }

  #receiveInput(input: ReplicaInput | null): void {
    if (input) this.receive(input);
  }

  receive(input: ReplicaInput): void {
    const wasLive = this.isLive;
    const updates: Update[] = [];
    // Computes the state from the records before they are dropped.
    if (isMissing(input)) void this.state;
    if (input.type === 'refused') this.#refusedAt = this.#host.now();
    for (const output of this.#replica.receive(input)) this.#carryOut(output, updates);
    if (this.isLive && !wasLive) this.#host.ping();
    this.presence.setLive(this.isLive);
    const { phase } = this.#replica.machine;
    if (phase !== 'loading' && phase !== 'live') this.#frames.clear();
    this.#watchLease();
    for (const update of updates) this.#refreshView(update);
    this.#notify(updates);
    this.#countRecords();
  }

  /** Comes last, because it may end this subscription or another one. */
  #countRecords(): void {
    const { count } = this.checksum;
    const change = count - this.#counted;
    this.#counted = count;
    if (change !== 0) this.#host.countRecords(change);
  }

  /**
   * A listener may make others leave or join. Listeners that left aren't called. Listeners that
   * joined already have the state.
   */
  #notify(updates: readonly Update[]): void {
    for (const listener of [...this.#listeners]) if (this.#listeners.has(listener)) listener(updates);
  }

  #refreshView(update: Update): void {
    if (update.type === 'ended') {
      // The access to an organization that the server's database lost was not ended.
      if (this.ending?.reason !== organizationMissing) this.#view.clear();
      return;
    }
    for (const { kind } of update.changes) this.#view.markChanged(kind);
    if (update.cause === 'snapshot') for (const kind of this.records.kinds()) this.#view.markChanged(kind);
  }

  #carryOut(output: ReplicaOutput, updates: Update[]): void {
    switch (output.type) {
      case 'subscribe':
        this.#subscribe(output);
        break;
      case 'unsubscribe':
        this.#host.unsubscribe(this);
        break;
      case 'verified':
        this.#lease.prove(output.sentAt);
        break;
      case 'distrusted':
        this.#isTrusted = false;
        this.#lease.forget(this.#host.now());
        break;
      case 'report':
        this.#host.report({ org: this.key, kind: output.kind, detail: output.detail });
        break;
      case 'changed':
        if (output.cause === 'snapshot') this.#isTrusted = true;
        this.#hasBegun = true;
        updates.push(output);
        break;
      case 'ended':
        this.#lease.forget(this.#host.now());
        this.#cancelSubscribe();
        this.#hasBegun = true;
        updates.push(output);
        break;
    }
  }

  /**
   * The first retry is immediate, since it repairs the effect of one lost frame. Later retries wait
   * longer each time.
   */
  #subscribe(request: SubscribeEffect): void {
    const send = () => {
      // There may be another connection or a later attempt by now.
      if (this.attempt === request.attempt) this.#host.subscribe(this, request);
    };
    this.#cancelSubscribe();
    if (request.failures <= 1) send();
    else this.#cancelSubscribe = this.#host.after(backoffMs(request.failures - 2, this.#host.random), send);
  }

  /**
   * Reports the end of the lease, which no frame announces. Looks once per ping interval, because
   * timers don't advance while the machine sleeps, unlike the clock.
   */
  #watchLease(): void {
    this.#cancelStale();
    if (!this.isFresh) return;
    // The timer waits one more millisecond, because a replica is still fresh at the very end of its
    // lease.
    const msLeft = this.#lease.msLeft(this.#host.now()) + 1;
    this.#cancelStale = this.#host.after(Math.min(msLeft, this.#host.leaseMs / pingsPerLease), () => {
      this.#watchLease();
      if (!this.isFresh) this.#notify([]);
    });
  }

  #phase(): Pick<OrganizationStatus, 'phase' | 'fresh'> {
    const { ending } = this;
    if (ending) return { phase: ending.kind, fresh: false };
    if (this.revision === null) return { phase: 'loading', fresh: false };
    if (this.isFresh) return { phase: this.isLive ? 'live' : 'reconnecting', fresh: true };
    const wasEverProven = this.#lease.isProven || this.#status.phase !== 'loading';
    return { phase: wasEverProven ? 'stale' : 'loading', fresh: false };
  }
}
