import { type GoodbyeReason, pingSchema, presenceSchema, type SubscribeAck, subscribeSchema, unsubscribeSchema } from '@rollcall/protocol';
import type { Socket } from 'socket.io';
import { type Caller, ownerKeyOf } from '../identity/caller.ts';
import { encodeFrame, type Frame } from '../read-path/subscriptions/frame.ts';
import type { FrameSink, Subscription } from '../read-path/subscriptions/subscription.ts';
import { TooManyConnectingError } from '../read-path/subscriptions/subscription-slots.ts';
import { viewerFrom } from '../read-path/subscriptions/viewer-from.ts';
import { socketLimits } from '../runtime/limits/rows/sockets.ts';
import { changeSecondFactor } from './change-second-factor.ts';
import type { ConnectionDeps } from './connection-deps.ts';
import { type ConnectionLimits, connectionLimits } from './limits/connection-limits.ts';
import type { WatchedSocket } from './limits/slow-sockets.ts';
import { cutTransport, unsentBytes } from './limits/unsent-bytes.ts';
import { OrganizationListing } from './organization-list.ts';
import type { PacedSink } from './sending/paced-sink.ts';
import { Pongs } from './sending/pongs.ts';
import { StaleReplicas } from './sending/stale-replicas.ts';
import { FrameWriter } from './sending/write-frame.ts';
import type { SubscribeCalls } from './subscribe-calls.ts';

/**
 * One client's connection. It translates the client's events into calls on the read path, and sends
 * its frames.
 */

/** Concurrent lists of organizations, of up to 150 KB each. A client has one. */
const listsMax = 4;
/** The retry range of clients that send too much, or connect while the server is overloaded. */
const overloadedRetryMs = [1_000, 10_000] as const;
/** The time in which a client may start another subscription after its last one ended. */
const closeDelayMs = 10;
/** The time for the last frame to reach a slow client. The protocol promises 1 s. */
const cutDelayMs = 900;

type Acknowledge = (answer: unknown) => void;

/**
 * The connection is itself the sink of its subscriptions. A fan-out sends through thousands of
 * connections, and each object in between would be one more for the processor to fetch, for each of
 * them.
 */
export class Connection implements WatchedSocket, FrameSink, PacedSink {
  /** A renewed credential replaces it. The rights of its actor stay the same. */
  caller: Caller;
  readonly changeSecondFactor = (isMissing: boolean) => changeSecondFactor(this.caller, this.#subscriptions, isMissing);
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #deps: ConnectionDeps;
  /** The subscriptions by organization id. */
  readonly #subscriptions = new Map<string, Subscription>();
  /** Organization ids by the name that the client used: a slug or the id. */
  readonly #orgIds = new Map<string, string>();
  /** The latest running call to subscribe, by the organization's name that the client used. */
  readonly #calls = new Map<string, SubscribeCalls>();
  /** The number of the call that each subscription began with, by organization id. */
  readonly #callNumbers = new Map<string, number>();
  #callCount = 0;
  readonly #limits: ConnectionLimits;
  readonly #staleReplicas: StaleReplicas;
  readonly #organizations: OrganizationListing;
  readonly #pongs: Pongs;
  #lists = 0;
  #isOver = false;
  /**
   * Whether the kernel took the last frame immediately. The fan-out then needs no count of unsent
   * bytes, for almost all sockets.
   */
  #tookAll = false;
  /** When the last access over this connection ended. Null while there is any. */
  #endedAt: number | null = null;

  constructor(socket: Socket, caller: Caller, deps: ConnectionDeps) {
    this.#socket = socket;
    this.#writer = new FrameWriter(socket);
    this.caller = caller;
    this.#deps = deps;
    this.#limits = connectionLimits(caller, deps.limits, deps.clock.now());
    this.#staleReplicas = new StaleReplicas(deps);
    this.#organizations = new OrganizationListing(caller, deps.memberships, this);
    this.#pongs = new Pongs(this, this.#subscriptions, deps);
    socket.on('subscribe', (payload: unknown, acknowledge: unknown) => this.#run('subscribe', () => this.#subscribe(payload, acknowledge)));
    socket.on('unsubscribe', (payload: unknown, acknowledge: unknown) =>
      this.#run('unsubscribe', () => this.#unsubscribe(payload, acknowledge)),
    );
    socket.on('organizations', (_: unknown, acknowledge: unknown) => this.#run('organizations', () => this.#list(acknowledge)));
    socket.on('presence', (payload: unknown) => this.#run('presence', async () => this.#updatePresence(payload)));
    socket.on('ping', (payload: unknown) => this.#run('ping', () => this.#ping(payload)));
    const unwatchPermissions = deps.stream.permissions.watch((frame) => this.send(frame));
    socket.on('disconnect', (reason) => {
      // A client can end the socket and keep the transport, to which no limit applies by itself.
      if (reason === 'client namespace disconnect') {
        socket.conn.close();
        this.#cutSoon();
      }
      unwatchPermissions();
      if (this.#endedAt !== null) deps.metrics.observeEndToClose((deps.clock.now() - this.#endedAt) / 1_000);
      this.#run('disconnect', async () => this.#endAll());
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Counts a message of the client, valid or not. Responses wait until the client reads. */
  received(): void {
    this.#writer.writeHeld();
    if (!this.#limits.messages.take(this.#deps.clock.now())) this.goodbye('overloaded', overloadedRetryMs);
    else if (this.unsentBytes() > socketLimits.unsentBytes.value) void this.whenWritable();
  }

  /** The number of the client's replicas that it reported as older than its lease. */
  get staleCount(): number {
    return this.#staleReplicas.count;
  }

  unsentBytes(): number {
    return unsentBytes(this.#socket.conn);
  }

  send(frame: Frame): void {
    if (this.#isOver) return;
    this.#deps.counters.increment('framesSent');
    if (frame.event !== 'revoked') {
      this.#tookAll = this.#writer.write(frame);
      return;
    }
    // One revision may end hundreds of subscriptions. `ended` follows, and needs no frame (A2).
    this.#writer.hold(frame);
  }

  isWritable(): boolean {
    return this.#tookAll || this.unsentBytes() <= socketLimits.unsentBytes.value;
  }

  whenWritable(): Promise<void> {
    return this.#deps.slowSockets.whenDrained(this);
  }

  tooSlow(): void {
    this.#deps.slowSockets.close(this);
  }

  caughtUp(subscription: Subscription): void {
    this.#pongs.caughtUp(subscription);
  }

  ended(orgId: string): void {
    this.#forget(orgId);
    // A client that requested the list of organizations still receives it.
    if (this.#subscriptions.size > 0 || this.#organizations.isRequested) {
      this.#deps.ends.add(() => this.#writer.writeHeld());
      return;
    }
    this.#endedAt = this.#deps.clock.now();
    this.#closeSoon();
  }

  credentialRevoked(): void {
    this.goodbye('credential-revoked', null);
  }

  failed(): void {
    this.#socket.disconnect(true);
  }

  /** Ends the connection after this frame. Returns the number of subscriptions that end with it. */
  goodbye(reason: GoodbyeReason, retryAfterMs: readonly [number, number] | null): number {
    if (this.#isOver) return 0;
    const ended = this.#subscriptions.size;
    this.#deps.counters.increment('goodbyes', 1, reason);
    if (retryAfterMs === null) this.#endedAt = this.#deps.clock.now();
    this.#run('goodbye', async () => this.#endAll());
    this.#writer.write(encodeFrame('goodbye', { reason, retryAfterMs }));
    this.#close();
    return ended;
  }

  /** Rule R11: an error in a socket's event closes only that socket. */
  #run(event: string, handle: () => Promise<void>): void {
    handle().catch((error: unknown) => {
      this.#deps.log.error({ error, event }, 'closed a socket because handling one of its events failed');
      this.#socket.disconnect(true);
    });
  }

  async #subscribe(payload: unknown, acknowledge: unknown): Promise<void> {
    if (!this.#limits.subscribes.take(this.#deps.clock.now())) return void this.goodbye('overloaded', overloadedRetryMs);
    if (typeof acknowledge !== 'function') return;
    const answer = acknowledge as (answer: SubscribeAck) => void;
    const parsed = subscribeSchema.safeParse(payload);
    if (!parsed.success) return answer({ mode: 'denied' });
    const { org, cursor = null, collections = null } = parsed.data;
    const overtaken = this.#calls.get(org);
    if (!overtaken && !this.#orgIds.has(org) && this.#subscriptions.size + this.#calls.size >= this.#limits.subscriptionsMax) {
      return answer({ mode: 'refused', reason: 'too-many-subscriptions' });
    }
    const call: SubscribeCalls = { answers: [...(overtaken?.answers ?? []), answer], orgId: null };
    this.#calls.set(org, call);
    const number = ++this.#callCount;
    // A later call may have used another name of the organization.
    const isWanted = (orgId = '') => !this.#isOver && this.#calls.get(org) === call && (this.#callNumbers.get(orgId) ?? 0) <= number;
    let begun: Subscription | null = null;
    try {
      await this.#deps.readPath.subscribe(
        {
          org,
          cursor: cursor ?? null,
          viewer: viewerFrom(this.caller.actor, collections),
          owner: ownerKeyOf(this.caller),
          sink: this,
          isWanted,
        },
        (subscription) => {
          begun = subscription;
          call.orgId = subscription.orgId;
          this.#begin(org, subscription, number);
          this.#staleReplicas.recordSubscribe(subscription.orgId, parsed.data);
        },
        (given) => {
          // A later call starts again and gets a response of its own.
          if (this.#calls.get(org) === call) this.#calls.delete(org);
          this.#writer.writeHeld();
          // The first part of the snapshot, or the step, follows in this tick.
          this.#writer.gather();
          for (const one of call.answers) one(given);
        },
      );
    } catch (error) {
      if (!(error instanceof TooManyConnectingError)) throw error;
      this.goodbye('overloaded', overloadedRetryMs);
    }
    if (this.#calls.get(org) === call) this.#calls.delete(org);
    if (begun) this.#forgetUnacknowledged(begun);
  }

  /** Replaces an earlier subscription to the same organization on this connection. */
  #begin(org: string, subscription: Subscription, callNumber: number): void {
    const earlier = this.#subscriptions.get(subscription.orgId);
    if (earlier) this.#run('subscribe', async () => earlier.end());
    this.#subscriptions.set(subscription.orgId, subscription);
    this.#callNumbers.set(subscription.orgId, callNumber);
    this.#endedAt = null;
    this.#orgIds.set(org, subscription.orgId).set(subscription.orgId, subscription.orgId);
  }

  /**
   * Forgets a subscription whose rights ended before it was acknowledged. Its response was a
   * denial.
   */
  #forgetUnacknowledged(subscription: Subscription): void {
    if (subscription.isAcknowledged || this.#subscriptions.get(subscription.orgId) !== subscription) return;
    this.#forget(subscription.orgId);
  }

  async #unsubscribe(payload: unknown, acknowledge: unknown): Promise<void> {
    const parsed = unsubscribeSchema.safeParse(payload);
    if (parsed.success) {
      const { org } = parsed.data;
      const orgId = this.#orgIds.get(org) ?? org;
      // Cancels a running call to subscribe, also one by another name of the organization.
      for (const [name, call] of this.#calls) if (name === org || call.orgId === orgId) this.#calls.delete(name);
      const subscription = this.#subscriptions.get(orgId);
      if (subscription) {
        this.#forget(subscription.orgId);
        subscription.end();
      }
    }
    if (typeof acknowledge === 'function') (acknowledge as Acknowledge)({});
  }

  /** Ignores presence for an organization without a subscription. */
  #updatePresence(payload: unknown): void {
    const parsed = presenceSchema.safeParse(payload);
    if (!parsed.success) return;
    const { org, page = null, leave } = parsed.data;
    const subscription = this.#subscriptions.get(this.#orgIds.get(org) ?? org);
    if (!subscription?.isAcknowledged) return;
    if (leave) this.#deps.presence.leave(subscription);
    else this.#deps.presence.update(subscription, page);
  }

  async #list(acknowledge: unknown): Promise<void> {
    if (typeof acknowledge !== 'function' || this.#lists >= listsMax) return;
    this.#lists++;
    try {
      await this.#organizations.respond((first) => {
        (acknowledge as Acknowledge)(first);
        // Socket.IO sends it, so the unsent bytes must be counted before the next frame.
        this.#tookAll = false;
      });
    } catch (error) {
      // The client repeats the request. Until then it receives changes.
      this.#deps.log.debug({ error: String(error) }, "could not read a user's list of organizations");
    } finally {
      this.#lists--;
    }
  }

  async #ping(payload: unknown): Promise<void> {
    const parsed = pingSchema.safeParse(payload);
    if (!parsed.success || this.#pongs.isBusy) return;
    this.#staleReplicas.recordPing(parsed.data.staleMs ?? {}, (orgId) => this.#subscriptions.has(orgId));
    await this.#pongs.respond(parsed.data);
  }

  #forget(orgId: string): void {
    this.#subscriptions.delete(orgId);
    this.#staleReplicas.forget(orgId);
    this.#callNumbers.delete(orgId);
    for (const [name, id] of this.#orgIds) if (id === orgId) this.#orgIds.delete(name);
  }

  #closeSoon(): void {
    const close = async () => {
      if (this.#isOver || (this.#subscriptions.size === 0 && !this.#organizations.isRequested)) this.#close();
      else this.#writer.writeHeld();
    };
    this.#deps.clock.after(closeDelayMs, () => this.#deps.ends.add(() => this.#run('close', close)));
  }

  /**
   * Closes the connection after the sent frames. If the client does not read them, closes it
   * anyway.
   */
  #close(): void {
    this.#writer.disconnect();
    this.#cutSoon();
  }

  #cutSoon(): void {
    this.#deps.clock.after(cutDelayMs, () => cutTransport(this.#socket.conn));
  }

  #endAll(): void {
    this.#isOver = true;
    this.#calls.clear();
    this.#organizations.end();
    const subscriptions = [...this.#subscriptions.values()];
    this.#subscriptions.clear();
    for (const subscription of subscriptions) subscription.end();
  }
}
