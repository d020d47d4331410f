import type { Collection, OrgState, PongFrame } from '@rollcall/protocol';
import type { Clock } from './clock.ts';
import type { ErrorHandler } from './emitter.ts';
import { Lease } from './freshness.ts';
import { Presence, type PresenceMessage } from './presence.ts';
import { pongInput, readOrganizationFrame, unreadable } from './read-frame.ts';
import { backoffMs } from './reconnect-delay.ts';
import { Replica, type ReplicaOutput } from './replica.ts';
import type { Ending, ReplicaInput, ReportKind } from './replica-machine.ts';
import { Slices } from './slices.ts';
import { type OrganizationState, StateView } from './state-view.ts';
import { initialOrganizationStatus, type OrganizationStatus } from './status.ts';

/** Something the client healed by itself, but that an operator may want to count. */
export interface Report {
  /** The organization's id, or its slug where the id is not known yet. */
  readonly org: string;
  readonly kind: ReportKind;
  readonly detail: string;
}

export type SubscribeRequest = Extract<ReplicaOutput, { type: 'subscribe' }>;

/** What a subscription needs of the client it belongs to. */
export interface SubscriptionHost {
  readonly now: Clock;
  readonly leaseMs: number;
  readonly random: () => number;
  /** Runs once, `ms` later, unless the result is called first. */
  after(ms: number, run: () => void): () => void;
  subscribe(subscription: Subscription, request: SubscribeRequest): void;
  unsubscribe(subscription: Subscription): void;
  /** Soon, and once for all who ask in the same moment. */
  ping(): void;
  report(report: Report): void;
  /** Who looks, and where: see `Presence`. */
  showPresence(subscription: Subscription, message: PresenceMessage): void;
  readonly onError: ErrorHandler;
}

export type Update = Extract<ReplicaOutput, { type: 'changed' | 'ended' }>;
export type UpdateListener = (updates: readonly Update[]) => void;

/**
 * Joins one replica to a connection and a clock: carries out what the replica asks, and tells how fresh it is. An
 * organization has one, whatever it is called: its handles share it.
 */
export class Subscription {
  /** What the caller named it by: a slug or an id. */
  readonly name: string;
  readonly collections: readonly Collection[] | null;
  readonly presence: Presence;
  readonly #replica: Replica;
  readonly #view = new StateView();
  readonly #lease: Lease;
  readonly #host: SubscriptionHost;
  readonly #listeners = new Set<UpdateListener>();
  readonly #frames: Slices;
  #isTrusted = true;
  #status = initialOrganizationStatus;
  #cancelStale = () => {};
  #cancelSubscribe = () => {};

  constructor(name: string, collections: readonly Collection[] | null, host: SubscriptionHost, replica = new Replica()) {
    this.name = name;
    this.collections = collections;
    this.#host = host;
    this.presence = new Presence((message) => host.showPresence(this, message), host.onError);
    this.#frames = new Slices(host);
    this.#replica = replica;
    this.#lease = new Lease(host.leaseMs);
  }

  join(listener: UpdateListener): void {
    this.#listeners.add(listener);
  }

  /** The last to leave closes it. Gives what is left to them: nothing but how it ended. */
  leave(listener: UpdateListener, ending: Ending): Subscription {
    const { name, collections, orgId, attempt } = this;
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.receive({ type: 'close', reason: ending.reason });
    return new Subscription(name, collections, this.#host, new Replica({ phase: 'ended', orgId, attempt, failures: 0, ending }));
  }

  get orgId(): string | null {
    return this.#replica.machine.orgId;
  }

  /** The name for the wire and for REST: the id once it is known, since slugs change hands. */
  get key(): string {
    return this.orgId ?? this.name;
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

  get isFresh(): boolean {
    return this.#lease.isFresh(this.#host.now());
  }

  /** How old the last proof is that the copy is current. */
  get ageMs(): number | null {
    return this.#lease.ageMs(this.#host.now());
  }

  /** For how long the copy has not been fresh, after it was. Null while it is, and without a copy. */
  get staleMs(): number | null {
    return this.revision === null ? null : this.#lease.staleMs(this.#host.now());
  }

  /** Whether the copy surely holds `revision`. */
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
   * A frame of this organization. Read only when it is its turn: parts of a large copy may come faster than they can be
   * taken (see `Slices`).
   */
  receiveFrame(name: string, payload: unknown): void {
    // The answer comes before every frame of its subscription: what comes first belongs to the one before.
    if (name !== 'revoked' && this.#replica.machine.phase === 'subscribing') return;
    if (name === 'revoked') this.#frames.clear();
    this.#frames.run(() => this.#receiveInput(readOrganizationFrame(name, payload)));
  }

  /** A pong, which comes behind the data that was sent before it. Null for one that could not be read. */
  receivePong(pong: PongFrame | null, sentAt: number | null): void {
    this.#frames.run(() => this.#receiveInput(pong ? pongInput(pong, sentAt, this) : unreadable('pong')));
  }

  #receiveInput(input: ReplicaInput | null): void {
    if (input) this.receive(input);
  }

  receive(input: ReplicaInput): void {
    const wasLive = this.isLive;
    const updates: Update[] = [];
    for (const output of this.#replica.receive(input)) this.#carryOut(output, updates);
    if (this.isLive && !wasLive) this.#host.ping();
    this.presence.setLive(this.isLive);
    const { phase } = this.#replica.machine;
    if (phase !== 'loading' && phase !== 'live') this.#frames.clear();
    this.#watchLease();
    for (const update of updates) this.#refreshView(update);
    this.#notify(updates);
  }

  /** A listener may make others leave or join: those who left receiveFrame no more, and who joined has it all. */
  #notify(updates: readonly Update[]): void {
    for (const listener of [...this.#listeners]) if (this.#listeners.has(listener)) listener(updates);
  }

  #refreshView(update: Update): void {
    if (update.type === 'ended') {
      this.#view.clear();
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
        updates.push(output);
        break;
      case 'ended':
        this.#lease.forget(this.#host.now());
        this.#cancelSubscribe();
        updates.push(output);
        break;
    }
  }

  /** The first fresh start is immediate, since it heals what one lost frame broke; later ones wait longer and longer. */
  #subscribe(request: SubscribeRequest): void {
    const send = () => {
      // Another connection or another try may have come in between.
      if (this.attempt === request.attempt) this.#host.subscribe(this, request);
    };
    this.#cancelSubscribe();
    if (request.failures <= 1) send();
    else this.#cancelSubscribe = this.#host.after(backoffMs(request.failures - 2, this.#host.random), send);
  }

  /** A lease runs out in silence, so somebody has to showPresence. */
  #watchLease(): void {
    this.#cancelStale();
    if (!this.isFresh) return;
    // One more millisecond: at the very end of its lease a copy is still fresh.
    const msLeft = this.#lease.msLeft(this.#host.now()) + 1;
    this.#cancelStale = this.#host.after(msLeft, () => {
      this.#watchLease();
      this.#notify([]);
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
