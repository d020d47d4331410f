import {
  type GoodbyeReason,
  pingSchema,
  presenceSchema,
  type SubscribeAnswer,
  subscribeSchema,
  unsubscribeSchema,
} from '@rollcall/protocol';
import type { Socket } from 'socket.io';
import type { Viewer } from '../domain/judge-viewer.ts';
import type { Caller } from '../identity/caller.ts';
import type { Channels } from '../read-path/channels.ts';
import { encodeFrame, type Frame } from '../read-path/frame.ts';
import type { Memberships } from '../read-path/memberships.ts';
import type { Presence } from '../read-path/presence.ts';
import type { Outlet, Subscription } from '../read-path/subscription.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import { GateFullError } from '../runtime/gate.ts';
import type { Limits } from '../runtime/limits.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { MessageAllowance, messageBurstSeconds, subscribeBurstSeconds } from './message-allowance.ts';
import { type ListOutlet, OrganizationListing } from './organization-list.ts';
import { type SlowSockets, unsentBytesMax, type WatchedSocket } from './slow-sockets.ts';
import { StaleCopies } from './stale-copies.ts';
import { cutTransport, unsentBytes } from './unsent-bytes.ts';
import { FrameWriter } from './write-frame.ts';

/** One client's connection: its events become calls on the read path, its frames go out as they come. */

/** More organizations than anybody works in at once; each costs a feed. */
const subscriptionsMax = 100;
/** Pings under way at once. A client has one; more wait for the same database check anyway. */
const pingsMax = 4;
/** Lists of organizations under way at once, of 150 KB at most. A client has one. */
const listsMax = 4;
/** Whoever asks for too much, or comes when everybody does, comes back in this time. */
const overloadedRetryMs = [1_000, 10_000] as const;
/** After its last subscription ended a client may begin another one: it has this long. */
const closeDelayMs = 10;
/** Time for the last frame to reach a client that is slow to read; the wire promises 1 s. */
const cutDelayMs = 900;

type Acknowledge = (answer: unknown) => void;

/** A later call overtakes an earlier one that is still on its way: both get the later one's answer. */
interface SubscribeUnderWay {
  readonly answers: readonly ((answer: SubscribeAnswer) => void)[];
}

/** What all connections of a server share. */
export interface ConnectionDeps {
  readonly channels: Channels;
  readonly memberships: Memberships;
  readonly presence: Presence;
  readonly slowSockets: SlowSockets;
  readonly limits: Pick<Limits, 'socketMessages' | 'socketSubscribes'>;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly metrics: Metrics;
  readonly log: Log;
}

/**
 * It is itself what its subscriptions send through: a fan-out comes by thousands of these, and each object between would be
 * one more that the processor has to fetch for each of them.
 */
export class Connection implements WatchedSocket, Outlet, ListOutlet {
  readonly caller: Caller;
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #deps: ConnectionDeps;
  /** By organization id. */
  readonly #subscriptions = new Map<string, Subscription>();
  /** Ids of organizations by what the client called them: a slug or the id. */
  readonly #orgIds = new Map<string, string>();
  /** The latest call to subscribe that is under way, by what the client called the organization. */
  readonly #calls = new Map<string, SubscribeUnderWay>();
  readonly #messages: MessageAllowance;
  readonly #subscribes: MessageAllowance;
  readonly #staleCopies: StaleCopies;
  readonly #organizations: OrganizationListing;
  #pings = 0;
  #lists = 0;
  #isOver = false;
  /** The kernel took the last frame at once. That spares a fan-out the look at what is unsent, for almost every socket. */
  #tookAll = false;
  /** When it became known that there is nothing more for this client. */
  #endedAt: number | null = null;

  constructor(socket: Socket, caller: Caller, deps: ConnectionDeps) {
    this.#socket = socket;
    this.#writer = new FrameWriter(socket);
    this.caller = caller;
    this.#deps = deps;
    this.#messages = new MessageAllowance(deps.clock.now(), deps.limits.socketMessages, messageBurstSeconds);
    this.#subscribes = new MessageAllowance(deps.clock.now(), deps.limits.socketSubscribes, subscribeBurstSeconds);
    this.#staleCopies = new StaleCopies(deps);
    this.#organizations = new OrganizationListing(caller, deps.memberships, this);
    socket.on('subscribe', (payload: unknown, acknowledge: unknown) => this.#run('subscribe', () => this.#subscribe(payload, acknowledge)));
    socket.on('unsubscribe', (payload: unknown, acknowledge: unknown) =>
      this.#run('unsubscribe', () => this.#unsubscribe(payload, acknowledge)),
    );
    socket.on('organizations', (_: unknown, acknowledge: unknown) => this.#run('organizations', () => this.#list(acknowledge)));
    socket.on('presence', (payload: unknown) => this.#run('presence', async () => this.#look(payload)));
    socket.on('ping', (payload: unknown) => this.#run('ping', () => this.#ping(payload)));
    socket.on('disconnect', () => {
      if (this.#endedAt !== null) deps.metrics.observeEndToClose((deps.clock.now() - this.#endedAt) / 1_000);
      this.#run('disconnect', () => this.#endAll());
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Something came in from the client. It counts, whether it makes sense or not; and what is sent back waits for it to read. */
  received(): void {
    if (!this.#messages.take(this.#deps.clock.now())) this.goodbye('overloaded', overloadedRetryMs);
    else if (this.unsentBytes() > unsentBytesMax) void this.whenRoom();
  }

  /** Of this client's copies, those that it said are older than its lease. */
  get staleCount(): number {
    return this.#staleCopies.count;
  }

  unsentBytes(): number {
    return unsentBytes(this.#socket.conn);
  }

  send(frame: Frame): void {
    if (this.#isOver) return;
    this.#tookAll = this.#writer.write(frame);
    this.#deps.counters.increment('framesSent');
  }

  hasRoom(): boolean {
    return this.#tookAll || this.unsentBytes() <= unsentBytesMax;
  }

  whenRoom(): Promise<void> {
    return this.#deps.slowSockets.whenDrained(this);
  }

  ended(orgId: string): void {
    this.#forget(orgId);
    // Whoever follows the list of their organizations has not lost all.
    if (this.#subscriptions.size > 0 || this.#organizations.isAskedFor) return;
    this.#endedAt = this.#deps.clock.now();
    this.#closeSoon();
  }

  credentialRevoked(): void {
    this.goodbye('credential-revoked', null);
  }

  failed(): void {
    this.#socket.disconnect(true);
  }

  /** The credential, the user or the server ends: nothing follows, then the transport is closed. */
  goodbye(reason: GoodbyeReason, retryAfterMs: readonly [number, number] | null): void {
    if (this.#isOver) return;
    this.#deps.counters.increment('goodbyes', 1, reason);
    if (retryAfterMs === null) this.#endedAt = this.#deps.clock.now();
    this.#run('goodbye', () => this.#endAll());
    this.#writer.write(encodeFrame('goodbye', { reason, retryAfterMs }));
    this.#close();
  }

  /** Rule R11: what one socket does wrong, or hits, stays with it. */
  #run(event: string, handle: () => Promise<void>): void {
    handle().catch((error: unknown) => {
      this.#deps.log.error({ error, event }, 'a socket event failed');
      this.#socket.disconnect(true);
    });
  }

  async #subscribe(payload: unknown, acknowledge: unknown): Promise<void> {
    if (!this.#subscribes.take(this.#deps.clock.now())) return this.goodbye('overloaded', overloadedRetryMs);
    if (typeof acknowledge !== 'function') return;
    const answer = acknowledge as (answer: SubscribeAnswer) => void;
    const parsed = subscribeSchema.safeParse(payload);
    if (!parsed.success) return answer({ mode: 'denied' });
    const { org, cursor = null, collections = null } = parsed.data;
    const overtaken = this.#calls.get(org);
    if (!overtaken && !this.#orgIds.has(org) && this.#subscriptions.size + this.#calls.size >= subscriptionsMax) {
      // Not a denial, which would make the client wipe what it has.
      this.goodbye('overloaded', overloadedRetryMs);
      return;
    }
    const call: SubscribeUnderWay = { answers: [...(overtaken?.answers ?? []), answer] };
    this.#calls.set(org, call);
    const isWanted = () => !this.#isOver && this.#calls.get(org) === call;
    let begun: Subscription | null = null;
    try {
      await this.#deps.channels.subscribe(
        { org, cursor: cursor ?? null, viewer: viewerOf(this.caller, collections), outlet: this, isWanted },
        (subscription) => {
          begun = subscription;
          this.#begin(org, subscription);
          this.#staleCopies.toldAtSubscribing(subscription.orgId, parsed.data);
        },
        (given) => {
          // What is answered is settled: a later call starts afresh, and is answered on its own.
          if (this.#calls.get(org) === call) this.#calls.delete(org);
          for (const one of call.answers) one(given);
        },
      );
    } catch (error) {
      if (!(error instanceof GateFullError)) throw error;
      this.goodbye('overloaded', overloadedRetryMs);
    }
    if (this.#calls.get(org) === call) this.#calls.delete(org);
    if (begun) this.#forgetUnacknowledged(begun);
  }

  /** Again on the same connection starts that subscription afresh. */
  #begin(org: string, subscription: Subscription): void {
    const earlier = this.#subscriptions.get(subscription.orgId);
    if (earlier) this.#run('subscribe', () => this.#deps.channels.end(earlier));
    this.#subscriptions.set(subscription.orgId, subscription);
    this.#endedAt = null;
    this.#orgIds.set(org, subscription.orgId).set(subscription.orgId, subscription.orgId);
  }

  /** It lost its rights before it was acknowledged: it was answered as denied, and there is no subscription to end. */
  #forgetUnacknowledged(subscription: Subscription): void {
    if (subscription.isAcknowledged || this.#subscriptions.get(subscription.orgId) !== subscription) return;
    this.#forget(subscription.orgId);
  }

  async #unsubscribe(payload: unknown, acknowledge: unknown): Promise<void> {
    const parsed = unsubscribeSchema.safeParse(payload);
    if (parsed.success) {
      const { org } = parsed.data;
      // One that is under way is overtaken by this.
      this.#calls.delete(org);
      const subscription = this.#subscriptions.get(this.#orgIds.get(org) ?? org);
      if (subscription) {
        this.#forget(subscription.orgId);
        await this.#deps.channels.end(subscription);
      }
    }
    if (typeof acknowledge === 'function') (acknowledge as Acknowledge)({});
  }

  /** Of an organization that is not subscribed to nobody is told anything. */
  #look(payload: unknown): void {
    const parsed = presenceSchema.safeParse(payload);
    if (!parsed.success) return;
    const { org, page = null, leave } = parsed.data;
    const subscription = this.#subscriptions.get(this.#orgIds.get(org) ?? org);
    if (!subscription?.isAcknowledged) return;
    if (leave) this.#deps.presence.leave(subscription);
    else this.#deps.presence.look(subscription, page);
  }

  async #list(acknowledge: unknown): Promise<void> {
    if (typeof acknowledge !== 'function' || this.#lists >= listsMax) return;
    this.#lists++;
    try {
      const answer = await this.#organizations.ask();
      if (this.unsentBytes() > unsentBytesMax) await this.whenRoom();
      if (answer) (acknowledge as Acknowledge)(answer);
    } catch (error) {
      // The client asks again; until then it is told of changes.
      this.#deps.log.debug({ error: String(error) }, 'a list of organizations could not be read');
    } finally {
      this.#lists--;
    }
  }

  async #ping(payload: unknown): Promise<void> {
    const parsed = pingSchema.safeParse(payload);
    if (!parsed.success || this.#pings >= pingsMax) return;
    this.#staleCopies.toldByPing(parsed.data.staleMs ?? {}, (orgId) => this.#subscriptions.has(orgId));
    this.#pings++;
    try {
      const { channels } = this.#deps;
      const verified = await channels.verify([...this.#subscriptions.values()]);
      const bus = channels.isBusDown ? { bus: 'redis-down' } : {};
      // Who does not read gets no pongs either: they may be long, and their leases should run out (rule R9).
      if (this.hasRoom()) this.send(encodeFrame('pong', { nonce: parsed.data.nonce, orgs: this.#positions(verified), ...bus }));
    } catch (error) {
      // Rule F2: a server that cannot reach the database answers no pings, and leases run out.
      this.#deps.log.debug({ error: String(error) }, 'a ping could not be verified');
    } finally {
      this.#pings--;
    }
  }

  /** Only what this very ping was verified for: others may have gone live since, from a state that nobody checked. */
  #positions(verified: ReadonlySet<Subscription>): Record<string, object> {
    const positions: Record<string, object> = {};
    for (const [orgId, subscription] of this.#subscriptions) {
      const { group } = subscription;
      if (!verified.has(subscription) || !group?.checksum || !group.hasTold(subscription)) continue;
      positions[orgId] = { revision: group.flushed, cursor: group.cursor, ...group.checksum };
    }
    return positions;
  }

  #forget(orgId: string): void {
    this.#subscriptions.delete(orgId);
    this.#staleCopies.forget(orgId);
    for (const [name, id] of this.#orgIds) if (id === orgId) this.#orgIds.delete(name);
  }

  #closeSoon(): void {
    this.#deps.clock.after(closeDelayMs, () => {
      if (this.#isOver || (this.#subscriptions.size === 0 && !this.#organizations.isAskedFor)) this.#close();
    });
  }

  /** Closes behind what was sent, or without it when the client does not read. */
  #close(): void {
    this.#socket.disconnect(true);
    this.#deps.clock.after(cutDelayMs, () => cutTransport(this.#socket.conn));
  }

  async #endAll(): Promise<void> {
    this.#isOver = true;
    this.#calls.clear();
    this.#organizations.end();
    const subscriptions = [...this.#subscriptions.values()];
    this.#subscriptions.clear();
    // All stop in this turn; the rest is tidying up.
    for (const subscription of subscriptions) subscription.end();
    await Promise.all(subscriptions.map((subscription) => this.#deps.channels.end(subscription)));
  }
}

function viewerOf({ actor }: Caller, collections: Viewer['collections']): Viewer {
  return actor.kind === 'user'
    ? { userId: actor.userId, orgTokenId: null, tokenScopes: actor.tokenScopes, boundOrgId: actor.boundOrgId, collections }
    : { userId: null, orgTokenId: actor.tokenId, tokenScopes: actor.tokenScopes, boundOrgId: actor.orgId, collections };
}
