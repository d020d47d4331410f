import { type Collection, type GoodbyeFrame, noProductScopes } from '@rollcall/protocol';
import { Pings, pingsPerLease } from '../../client-sdk/src/freshness.ts';
import { pongInput, readAck, readOrganizationFrame, readPong } from '../../client-sdk/src/read-frame.ts';
import { backoffMs, msWithin } from '../../client-sdk/src/reconnect-delay.ts';
import { Replica } from '../../client-sdk/src/replica.ts';
import type { Position } from '../../client-sdk/src/replica-state.ts';
import { Subscription, type SubscriptionHost } from '../../client-sdk/src/subscription.ts';
import type { SsoBinding } from '../../server/src/domain/caller-access.ts';
import type { Viewer as DomainViewer } from '../../server/src/domain/evaluate-access.ts';
import type { Caller } from '../../server/src/identity/caller.ts';
import { viewerFrom } from '../../server/src/read-path/subscriptions/viewer-from.ts';
import type { Instance } from './instance.ts';
import { Link, type LinkObserver } from './link.ts';
import { orgId, orgSlug } from './people.ts';
import { Place, type Scheduler } from './scheduler.ts';
import type { Version } from './simulated-log.ts';
import type { Trace } from './trace.ts';

/** The time limit of a response, as in the SDK's connection. */
const answerMsMax = 10_000;
const connectMsMax = 20;

export interface Who {
  readonly name: string;
  readonly caller: Caller;
  readonly collections: readonly Collection[] | null;
  readonly leaseMs: number;
}

export interface ViewerParts {
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly observer: LinkObserver;
  /** An instance to connect to. It may be dead by the time of the connection. */
  pickInstance(): Instance | null;
  /** The viewer has another binding. */
  loggedIn(viewer: SimulatedViewer): void;
}

/**
 * One client: the SDK's subscription, replica and pings, on a simulated connection in place of the
 * socket.
 */
export class SimulatedViewer {
  readonly who: Who;
  readonly place: Place;
  /** The viewer as the server evaluates it, until the binding of its session ends. */
  viewer: DomainViewer;
  /** The viewer as the server evaluates it now. */
  present: DomainViewer;
  replica = new Replica();
  subscription: Subscription;
  link: Link | null = null;
  /** The last known version of the replica. */
  held: Version | null = null;
  /** When data that the replica lacks was first committed. */
  outdatedSince: number | null = null;
  /** The time since which the database gives it no access. */
  deniedSince: number | null = null;
  waits: Version[] = [];
  /** Whether the browser delays the timers of the page, so that it sends no pings. */
  isInBackground = false;
  readonly #parts: ViewerParts;
  readonly #host: SubscriptionHost;
  readonly #pings = new Pings();
  #cancelPing = () => {};
  #cancelConnect = () => {};
  #losses = 0;
  #isWanted = false;
  #caller: Caller;

  constructor(who: Who, parts: ViewerParts) {
    const { scheduler, trace } = parts;
    this.who = who;
    this.#parts = parts;
    this.place = new Place(who.name);
    this.#caller = who.caller;
    this.viewer = viewerFrom(who.caller.actor, who.collections);
    this.present = this.viewer;
    this.#host = {
      now: () => scheduler.now,
      leaseMs: who.leaseMs,
      productScopes: () => noProductScopes,
      countRecords: () => true,
      random: () => scheduler.random.float(),
      after: (ms, run) => scheduler.after(this.place, ms, run),
      subscribe: (subscription, { attempt, cursor, because }) => {
        const { link } = this;
        if (!link) return;
        const request = {
          org: subscription.key,
          ...(who.collections && { collections: who.collections }),
          ...(cursor !== null && { cursor }),
          ...(because && { because }),
        };
        trace.add(`${who.name} subscribes at ${link.server.name}${cursor === null ? '' : ' with a cursor'}`);
        let isAnswered = false;
        const answer = (reply: unknown) => {
          if (isAnswered) return;
          isAnswered = true;
          if (this.link === link && this.subscription === subscription) subscription.receive(readAck(attempt, reply));
        };
        link.emit('subscribe', request, answer);
        scheduler.after(this.place, answerMsMax, () => answer(null));
      },
      unsubscribe: () => this.link?.emit('unsubscribe', { org: orgId }),
      ping: () => scheduler.after(this.place, 0, () => this.#ping()),
      showPresence: () => {},
      onError: (error) => {
        throw error;
      },
      whyNoReplica: () => 'no-copy',
      connectionProblem: () => null,
      report: ({ kind, detail }) => trace.add(`${who.name} reports ${kind}: ${detail}`),
    };
    this.subscription = this.#newSubscription();
  }

  /** Removes a binding that has ended. Returns whether one has. */
  endBinding(): boolean {
    const binding = this.present.bindings?.get(orgId);
    if (!binding || Date.parse(binding.expiresAt) > this.#parts.scheduler.now) return false;
    this.present = { ...this.viewer, bindings: new Map() };
    return true;
  }

  /** The browser gets a session with another token and binding, and loads the page again. */
  logIn(binding: SsoBinding): void {
    const { scheduler, trace } = this.#parts;
    scheduler.after(this.place, scheduler.between(0.2, connectMsMax), () => {
      trace.add(`${this.who.name} has logged in at generation ${binding.generation}`);
      this.leave();
      const actor = { ...this.#caller.actor, bindings: new Map([[orgId, binding]]) } as Caller['actor'];
      this.#caller = { ...this.#caller, actor };
      this.viewer = viewerFrom(actor, this.who.collections);
      this.present = this.viewer;
      this.deniedSince = null;
      this.#parts.loggedIn(this);
      this.startOver();
      this.open();
    });
  }

  get isConnected(): boolean {
    return this.link !== null;
  }

  get position(): Position | null {
    const { machine } = this.replica;
    return machine.phase === 'ended' ? null : machine.position;
  }

  /** Connects, and reconnects after each loss. */
  open(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#connectIn(0);
  }

  /** Leaves the page or closes the laptop. The replica is kept. */
  leave(): void {
    this.#isWanted = false;
    this.#cancelConnect();
    this.link?.hangUp();
    this.#disconnected();
  }

  /**
   * Subscribes again without a cursor, because the page was loaded again or access was granted
   * again.
   */
  startOver(): void {
    this.replica = new Replica();
    this.subscription = this.#newSubscription();
    if (this.link) this.subscription.receive({ type: 'connected' });
  }

  /** Waits like the SDK's `waitFor`. */
  waitFor(version: Version): void {
    this.waits.push(version);
    if (!this.subscription.holds(version.revision)) this.#host.ping();
  }

  #newSubscription(): Subscription {
    return new Subscription(orgSlug, this.who.collections, this.#host, this.replica);
  }

  #connectIn(ms: number): void {
    this.#cancelConnect();
    this.#cancelConnect = this.#parts.scheduler.after(this.place, ms, () => this.#connect());
  }

  #connect(): void {
    const { scheduler, observer, trace } = this.#parts;
    const instance = this.#parts.pickInstance();
    if (!instance) {
      this.#connectIn(backoffMs(this.#losses++, this.#host.random));
      return;
    }
    const end = {
      received: (event: string, payload: unknown) => {
        if (this.link === link) this.#received(event, payload);
      },
      lost: () => {
        if (this.link !== link) return;
        trace.add(`${this.who.name} loses the connection to ${instance.name}`);
        this.#disconnected();
        this.#connectIn(backoffMs(this.#losses++, this.#host.random));
      },
    };
    const caller = this.#caller;
    const link = new Link(scheduler, { client: this.place, server: instance.place, viewer: this.viewer }, end, observer);
    // A handshake takes one round trip.
    scheduler.after(instance.place, scheduler.between(0.2, connectMsMax), () => {
      instance.accept(link, caller);
      scheduler.after(this.place, scheduler.between(0.2, connectMsMax), () => this.#connected(link));
    });
    // A dead process doesn't respond.
    this.#cancelConnect = scheduler.after(this.place, 1_000, () => this.#connect());
  }

  #connected(link: Link): void {
    if (!this.#isWanted || this.link || link.viewer !== this.viewer) link.hangUp();
    if (!link.isOpen) return;
    this.#cancelConnect();
    this.#losses = 0;
    this.link = link;
    this.#pingEvery(this.who.leaseMs / pingsPerLease);
    this.subscription.receive({ type: 'connected' });
  }

  #disconnected(): void {
    if (!this.link) return;
    this.link = null;
    this.#cancelPing();
    this.#pings.forgetAll();
    this.subscription.receive({ type: 'disconnected' });
  }

  #pingEvery(ms: number): void {
    this.#cancelPing = this.#parts.scheduler.after(this.place, ms, () => {
      this.#ping();
      this.#pingEvery(ms);
    });
  }

  #ping(): void {
    if (!this.link || !this.subscription.isLive || this.isInBackground) return;
    this.link.emit('ping', { nonce: this.#pings.send(this.#parts.scheduler.now) });
  }

  #received(event: string, payload: unknown): void {
    if (event === 'goodbye') this.#goodbye(payload as GoodbyeFrame);
    else if (event === 'pong') this.#pong(payload);
    else this.#frame(event, payload);
  }

  #pong(payload: unknown): void {
    const pong = readPong(payload);
    const input = pong && pongInput(pong, this.#pings.receive(pong.nonce), this.subscription);
    if (input) this.subscription.receive(input);
  }

  #frame(event: string, payload: unknown): void {
    const input = readOrganizationFrame(event, payload);
    if (input) this.subscription.receive(input);
    this.#parts.trace.add(
      `${this.who.name} receives ${describe(event, payload)}; its replica is at ${this.subscription.revision ?? 'nothing'}`,
    );
  }

  #goodbye({ reason, retryAfterMs }: GoodbyeFrame): void {
    this.#parts.trace.add(`${this.who.name} is disconnected: ${reason}`);
    this.link?.hangUp();
    this.#disconnected();
    this.#connectIn(msWithin(retryAfterMs ?? [0, 1_000], this.#host.random));
  }
}

function describe(event: string, payload: unknown): string {
  const { from, to, view, more, part, parts, revision, reason } = payload as Record<string, unknown>;
  if (event === 'step') return `${view ? 'a view step' : 'a step'} from ${from} to ${to}${more ? ', not the last piece' : ''}`;
  if (event === 'snapshot') return `part ${part} of ${parts} of a snapshot`;
  if (event === 'snapshot-end') return `the end of a snapshot at ${revision}`;
  return reason === undefined ? event : `${event}: ${reason}`;
}
