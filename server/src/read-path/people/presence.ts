import type { Audience, OrgState } from '@rollcall/protocol';
import type { Bus, EphemeralMessage } from '../../bus/bus.ts';
import { mergePresence, type PresenceEntry, presenceFor } from '../../domain/presence.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { encodeFrame, type Frame } from '../subscriptions/frame.ts';
import type { Subscription } from '../subscriptions/subscription.ts';

/**
 * Read path: the users who are viewing an organization. This is ephemeral state: it is kept in the
 * memory of the instances, never in the log, and each instance broadcasts it again and again.
 * Without Redis an instance knows only its own viewers.
 */

/** Changes within this time become one ephemeral message and one frame. */
const gatherMs = 100;
/** Added for each viewer: 5,000 viewers are sent a frame every 10 s, which is 12 MB/s at most. */
const gatherMsPerViewer = 2;
/** The interval at which names, rights, lagging clients and silent instances are checked. */
const checkMs = 1_000;
const broadcastAgainMs = 5_000;
/**
 * Three messages may be lost. After this time without one, the viewers of an instance are dropped.
 */
const silenceMsMax = 15_000;
/** A viewer takes up to 250 bytes, so a message stays below 16 KiB. */
const viewersPerInstanceMax = 50;

export interface PresenceDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** The id of this instance, which differs at each start. */
  readonly instance: string;
  /** The wall clock, in ISO 8601. */
  now(): string;
  /** The state of an organization that has subscriptions in this process. */
  stateOf(orgId: string): OrgState | null;
}

/** A viewer who is connected to this instance. */
interface LocalViewer {
  page: string | null;
  readonly since: string;
  /** The last frame that was sent to the viewer. */
  sent: string;
}

/** The last message of another instance. */
interface RemoteViewers {
  readonly number: number;
  readonly viewers: readonly PresenceEntry[];
  readonly receivedAt: number;
}

interface Room {
  readonly orgId: string;
  readonly local: Map<Subscription, LocalViewer>;
  readonly remote: Map<string, RemoteViewers>;
  readonly listener: Promise<AsyncDisposable>;
  broadcastAt: number;
  isBroadcastDue: boolean;
  cancelGather: (() => void) | null;
  /** The last frame of each audience. */
  frames: ReadonlyMap<string, Frame>;
}

export class Presence {
  readonly #deps: PresenceDeps;
  readonly #rooms = new Map<string, Room>();
  /**
   * Numbers this instance's messages, so that others can drop one that arrives after a later one.
   */
  #number = 0;
  #cancelCheck = () => {};

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
  }

  /**
   * Publishes that a subscription's viewer is viewing a page. The subscription receives presence
   * from then on.
   */
  update(subscription: Subscription, page: string | null): void {
    if (subscription.phase === 'ended') return;
    const room = this.#roomOf(subscription.orgId);
    const viewer = room.local.get(subscription);
    if (viewer) viewer.page = page;
    else {
      room.local.set(subscription, { page, since: this.#deps.now(), sent: '' });
      subscription.onEnded(() => this.leave(subscription));
    }
    this.#broadcastSoon(room);
  }

  /** The viewer stopped viewing, or lost access. The subscription no longer receives presence. */
  leave(subscription: Subscription): void {
    const room = this.#rooms.get(subscription.orgId);
    if (!room?.local.delete(subscription)) return;
    if (room.local.size > 0) this.#broadcastSoon(room);
    else this.#close(room);
  }

  close(): void {
    this.#cancelCheck();
    for (const room of [...this.#rooms.values()]) this.#close(room);
  }

  #roomOf(orgId: string): Room {
    const known = this.#rooms.get(orgId);
    if (known) return known;
    const listener = this.#deps.bus.onBroadcast(topicOf(orgId), (message) => this.#receive(message));
    const room: Room = {
      orgId,
      local: new Map(),
      remote: new Map(),
      listener,
      broadcastAt: this.#deps.clock.now(),
      isBroadcastDue: true,
      cancelGather: null,
      frames: new Map(),
    };
    if (this.#rooms.size === 0) this.#checkLater();
    this.#rooms.set(orgId, room);
    // Instances with viewers respond to the first message that they receive.
    listener.then(
      () => this.#broadcastSoon(room),
      (error: unknown) =>
        this.#deps.log.warn(
          { orgId, error: String(error) },
          'could not subscribe to the presence of an organization; viewers on other instances are not shown',
        ),
    );
    return room;
  }

  /** The last viewer of this instance left. Other instances are notified immediately. */
  #close(room: Room): void {
    room.cancelGather?.();
    room.cancelGather = null;
    if (this.#rooms.get(room.orgId) === room) this.#rooms.delete(room.orgId);
    if (this.#rooms.size === 0) this.#cancelCheck();
    this.#broadcast(room);
    room.listener.then((listener) => listener[Symbol.asyncDispose]()).catch(() => {});
  }

  #receive(message: EphemeralMessage): void {
    if (message.type !== 'presence' || message.instance === this.#deps.instance) return;
    const room = this.#rooms.get(message.orgId);
    const known = room?.remote.get(message.instance);
    if (!room || (known && message.number <= known.number)) return;
    const { number, viewers } = message;
    room.remote.set(message.instance, { number, viewers: viewers.slice(0, viewersPerInstanceMax), receivedAt: this.#deps.clock.now() });
    // An instance that had no viewers may not know the ones here yet. An instance without viewers
    // does not respond, or two of them would respond to each other forever.
    const isNew = !known || known.viewers.length === 0;
    if (isNew && this.#localEntries(room).length > 0) this.#broadcastSoon(room);
    else this.#sendSoon(room);
  }

  #broadcastSoon(room: Room): void {
    room.isBroadcastDue = true;
    this.#sendSoon(room);
  }

  #sendSoon(room: Room): void {
    if (this.#rooms.get(room.orgId) !== room) return;
    room.cancelGather ??= this.#deps.clock.after(gatherMs + gatherMsPerViewer * room.local.size, () => {
      room.cancelGather = null;
      if (room.isBroadcastDue) this.#broadcast(room);
      this.#send(room);
    });
  }

  #broadcast(room: Room): void {
    room.isBroadcastDue = false;
    room.broadcastAt = this.#deps.clock.now();
    const viewers = this.#localEntries(room).slice(0, viewersPerInstanceMax);
    const { bus, instance } = this.#deps;
    // A lost message is followed by another one.
    void bus
      .broadcast(topicOf(room.orgId), { type: 'presence', orgId: room.orgId, instance, number: ++this.#number, viewers })
      .catch(() => {});
  }

  #localEntries({ local }: Room): PresenceEntry[] {
    return mergePresence(
      [...local].flatMap(([{ viewer }, { page, since }]) => (viewer.userId === null ? [] : [{ userId: viewer.userId, page, since }])),
    );
  }

  /**
   * Sends live subscriptions the viewers that their audience may see, if the list changed since
   * their last frame.
   */
  #send(room: Room): void {
    const state = this.#deps.stateOf(room.orgId);
    if (!state) return;
    const entries = mergePresence([...this.#localEntries(room), ...[...room.remote.values()].flatMap(({ viewers }) => viewers)]);
    const frames = new Map<string, Frame>();
    for (const [subscription, viewer] of room.local) {
      const { audience, phase, isWritable } = subscription;
      if (phase !== 'live' || !isWritable) continue;
      const frame = frames.get(audience.key) ?? this.#frameFor(room, audience, state, entries);
      frames.set(audience.key, frame);
      if (viewer.sent === frame.json) continue;
      viewer.sent = frame.json;
      subscription.handle({ type: 'presence', frame });
    }
    room.frames = frames;
  }

  /**
   * Returns the previous frame if its text is the same, because it is compared for every viewer.
   */
  #frameFor({ orgId, frames }: Room, audience: Audience, state: OrgState, entries: readonly PresenceEntry[]): Frame {
    const frame = encodeFrame('presence', presenceFor(orgId, audience, state, entries));
    const last = frames.get(audience.key);
    return last?.json === frame.json ? last : frame;
  }

  #checkLater(): void {
    this.#cancelCheck = this.#deps.clock.after(checkMs, () => {
      for (const room of this.#rooms.values()) this.#check(room);
      if (this.#rooms.size > 0) this.#checkLater();
    });
  }

  #check(room: Room): void {
    const now = this.#deps.clock.now();
    for (const [instance, { number, receivedAt }] of room.remote) {
      // The number is kept, so that a repeated older message adds no viewers.
      if (now - receivedAt > silenceMsMax) room.remote.set(instance, { number, viewers: [], receivedAt });
    }
    if (now - room.broadcastAt >= broadcastAgainMs) this.#broadcast(room);
    this.#sendSoon(room);
  }
}

function topicOf(orgId: string): string {
  return `presence:${orgId}`;
}
