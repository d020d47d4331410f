import type { OrgState } from '@rollcall/protocol';
import type { Bus, Word } from '../bus/bus.ts';
import type { Audience } from '../domain/audience.ts';
import { joinViewings, presenceFor, type Viewing } from '../domain/viewers.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { encodeFrame, type Frame } from './frame.ts';
import type { Subscription } from './subscription.ts';

/**
 * Who looks at an organization: in the memory of the instances alone, never in the log, and true only while it is said
 * again. Without Redis each instance knows its own.
 */

/** What changes within this goes out as one word and one frame, however many come and go. */
const gatherMs = 100;
/** And this for each who is told: 5,000 are told every 10 s, which is 12 MB/s at most. */
const gatherMsPerSeat = 2;
/** Names, rights and who is behind are looked at this often, and whether an instance has gone silent. */
const lookMs = 1_000;
const sayAgainMs = 5_000;
/** Three words may be lost: an instance that is not heard for this long has nobody here. */
const silenceMsMax = 15_000;
/** 250 bytes each at most, so that a word stays below 16 KiB. */
const viewersPerInstanceMax = 50;

export interface PresenceDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** This process, among all that share the bus. */
  readonly instance: string;
  /** The wall clock, in ISO 8601. */
  now(): string;
  /** What this process knows of an organization that somebody here watches. */
  stateOf(orgId: string): OrgState | null;
}

/** Somebody who looks from here. */
interface Seat {
  page: string | null;
  readonly since: string;
  /** The frame that they were sent last. */
  told: string;
}

/** What another instance said last. */
interface Elsewhere {
  readonly number: number;
  readonly viewers: readonly Viewing[];
  readonly heardAt: number;
}

interface Room {
  readonly orgId: string;
  readonly seats: Map<Subscription, Seat>;
  readonly elsewhere: Map<string, Elsewhere>;
  readonly listener: Promise<AsyncDisposable>;
  saidAt: number;
  isToBeSaid: boolean;
  cancelGather: (() => void) | null;
  /** What each audience was told last. */
  frames: ReadonlyMap<string, Frame>;
}

export class Presence {
  readonly #deps: PresenceDeps;
  readonly #rooms = new Map<string, Room>();
  /** Counts this instance's words, so that an older one that comes late is known. */
  #number = 0;
  #cancelLook = () => {};

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
  }

  /** A subscription's viewer looks at a page, and is told who else looks. */
  look(subscription: Subscription, page: string | null): void {
    if (subscription.status === 'ended') return;
    const room = this.#roomOf(subscription.orgId);
    const seat = room.seats.get(subscription);
    if (seat) seat.page = page;
    else {
      room.seats.set(subscription, { page, since: this.#deps.now(), told: '' });
      subscription.onEnded = () => this.leave(subscription);
    }
    this.#saySoon(room);
  }

  /** The viewer looks no longer, or may not: they are told nothing more. */
  leave(subscription: Subscription): void {
    const room = this.#rooms.get(subscription.orgId);
    if (!room?.seats.delete(subscription)) return;
    if (room.seats.size > 0) this.#saySoon(room);
    else this.#close(room);
  }

  close(): void {
    this.#cancelLook();
    for (const room of [...this.#rooms.values()]) this.#close(room);
  }

  #roomOf(orgId: string): Room {
    const known = this.#rooms.get(orgId);
    if (known) return known;
    const listener = this.#deps.bus.hear(topicOf(orgId), (word) => this.#hear(word));
    const room: Room = {
      orgId,
      seats: new Map(),
      elsewhere: new Map(),
      listener,
      saidAt: this.#deps.clock.now(),
      isToBeSaid: true,
      cancelGather: null,
      frames: new Map(),
    };
    if (this.#rooms.size === 0) this.#lookLater();
    this.#rooms.set(orgId, room);
    // Whoever is there already answers the first word that they can hear.
    listener.then(
      () => this.#saySoon(room),
      (error: unknown) => this.#deps.log.warn({ orgId, error: String(error) }, 'presence elsewhere is not heard'),
    );
    return room;
  }

  /** Nobody looks from here any more: others are told at once. */
  #close(room: Room): void {
    room.cancelGather?.();
    room.cancelGather = null;
    if (this.#rooms.get(room.orgId) === room) this.#rooms.delete(room.orgId);
    if (this.#rooms.size === 0) this.#cancelLook();
    this.#say(room);
    room.listener.then((listener) => listener[Symbol.asyncDispose]()).catch(() => {});
  }

  #hear(word: Word): void {
    if (word.type !== 'presence' || word.instance === this.#deps.instance) return;
    const room = this.#rooms.get(word.orgId);
    const known = room?.elsewhere.get(word.instance);
    if (!room || (known && word.number <= known.number)) return;
    const { number, viewers } = word;
    room.elsewhere.set(word.instance, { number, viewers: viewers.slice(0, viewersPerInstanceMax), heardAt: this.#deps.clock.now() });
    // One where nobody was may not know yet who is here. Whoever has nobody keeps still, or two would answer each other for ever.
    const isNew = !known || known.viewers.length === 0;
    if (isNew && this.#viewingsHere(room).length > 0) this.#saySoon(room);
    else this.#tellSoon(room);
  }

  #saySoon(room: Room): void {
    room.isToBeSaid = true;
    this.#tellSoon(room);
  }

  #tellSoon(room: Room): void {
    if (this.#rooms.get(room.orgId) !== room) return;
    room.cancelGather ??= this.#deps.clock.after(gatherMs + gatherMsPerSeat * room.seats.size, () => {
      room.cancelGather = null;
      if (room.isToBeSaid) this.#say(room);
      this.#tell(room);
    });
  }

  #say(room: Room): void {
    room.isToBeSaid = false;
    room.saidAt = this.#deps.clock.now();
    const viewers = this.#viewingsHere(room).slice(0, viewersPerInstanceMax);
    const { bus, instance } = this.#deps;
    // A word that is lost is said again.
    void bus.say(topicOf(room.orgId), { type: 'presence', orgId: room.orgId, instance, number: ++this.#number, viewers }).catch(() => {});
  }

  #viewingsHere({ seats }: Room): Viewing[] {
    return joinViewings(
      [...seats].flatMap(([{ viewer }, { page, since }]) => (viewer.userId === null ? [] : [{ userId: viewer.userId, page, since }])),
    );
  }

  /** Only live subscriptions are told, of what their audience may know; each when it is another list than before. */
  #tell(room: Room): void {
    const state = this.#deps.stateOf(room.orgId);
    if (!state) return;
    const viewings = joinViewings([...this.#viewingsHere(room), ...[...room.elsewhere.values()].flatMap(({ viewers }) => viewers)]);
    const frames = new Map<string, Frame>();
    for (const [subscription, seat] of room.seats) {
      const { audience, status, hasRoom } = subscription;
      if (status !== 'live' || !hasRoom) continue;
      const frame = frames.get(audience.key) ?? this.#frameFor(room, audience, state, viewings);
      frames.set(audience.key, frame);
      if (seat.told === frame.json) continue;
      seat.told = frame.json;
      subscription.send(frame);
    }
    room.frames = frames;
  }

  /** The same as before where it says the same: it is compared for every seat. */
  #frameFor({ orgId, frames }: Room, audience: Audience, state: OrgState, viewings: readonly Viewing[]): Frame {
    const frame = encodeFrame('presence', presenceFor(orgId, audience, state, viewings));
    const last = frames.get(audience.key);
    return last?.json === frame.json ? last : frame;
  }

  #lookLater(): void {
    this.#cancelLook = this.#deps.clock.after(lookMs, () => {
      for (const room of this.#rooms.values()) this.#lookAt(room);
      if (this.#rooms.size > 0) this.#lookLater();
    });
  }

  #lookAt(room: Room): void {
    const now = this.#deps.clock.now();
    for (const [instance, { number, heardAt }] of room.elsewhere) {
      // Its number stays: a word of before that is heard again brings nobody back.
      if (now - heardAt > silenceMsMax) room.elsewhere.set(instance, { number, viewers: [], heardAt });
    }
    if (now - room.saidAt >= sayAgainMs) this.#say(room);
    this.#tellSoon(room);
  }
}

function topicOf(orgId: string): string {
  return `presence:${orgId}`;
}
