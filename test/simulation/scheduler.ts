import type { Clock } from '../../server/src/runtime/clock.ts';
import type { SeededRandom } from '../support/seeds.ts';

/** Virtual time. Only this module decides when events happen, by the seed. */

/**
 * A server process or a client, in which events happen. It can pause, and it can end. Its events
 * then wait, or never happen.
 */
export class Place {
  readonly name: string;
  isDead = false;
  isPaused = false;
  /** The time at which the process last continued. Time limits begin then. */
  movesSince = 0;
  /** The number of further events after which the process is ended. */
  eventsLeft = Number.POSITIVE_INFINITY;
  onKilled = () => {};
  readonly waiting: Event[] = [];
  lastTurnAt = 0;
  /** Whether the events of the process take time, so that later ones wait. */
  isBusy = false;
  freeAt = 0;

  constructor(name: string) {
    this.name = name;
  }
}

interface Event {
  at: number;
  readonly order: number;
  readonly place: Place;
  readonly run: () => void;
  isCancelled: boolean;
}

/** The longest work of a busy process between two readings of the clock. */
const workMsMax = 5;

/** The longest tick of the event loop. Events of others happen in between. */
const turnMsMax = 0.4;

export class Scheduler {
  readonly random: SeededRandom;
  #now = 0;
  #count = 0;
  /** Latest first. */
  readonly #queue: Event[] = [];

  constructor(random: SeededRandom) {
    this.random = random;
  }

  get now(): number {
    return this.#now;
  }

  get eventCount(): number {
    return this.#count;
  }

  /** Returns the function that cancels it. */
  after(place: Place, ms: number, run: () => void): () => void {
    const event: Event = { at: this.#now + ms, order: this.#count++, place, run, isCancelled: false };
    this.#insert(event);
    return () => {
      event.isCancelled = true;
    };
  }

  /** A random number of virtual milliseconds in the range. */
  between(lowestMs: number, highestMs: number): number {
    return lowestMs + this.random.float() * (highestMs - lowestMs);
  }

  clockOf(place: Place): Clock {
    return {
      now: () => {
        if (place.isBusy) place.freeAt = Math.max(place.freeAt, this.#now) + this.between(0, workMsMax);
        return Math.max(this.#now, place.freeAt);
      },
      wallTime: () => this.#now,
      after: (ms, run) => this.after(place, ms + Math.max(0, place.freeAt - this.#now), run),
      afterTurn: (run) => {
        // Ticks of one process happen in the order of their requests.
        place.lastTurnAt = Math.max(place.lastTurnAt, this.#now + this.between(0, turnMsMax));
        this.after(place, place.lastTurnAt - this.#now, run);
      },
    };
  }

  pause(place: Place): void {
    place.isPaused = true;
  }

  resume(place: Place): void {
    if (!place.isPaused) return;
    place.isPaused = false;
    place.movesSince = this.#now;
    // Everything that became due during the pause happens now, in order.
    for (const event of place.waiting.splice(0)) this.#insert(event);
  }

  kill(place: Place): void {
    if (place.isDead) return;
    place.isDead = true;
    place.waiting.length = 0;
    place.onKilled();
  }

  /**
   * One event, and everything that follows from it without waiting. A promise that a process awaits
   * is resolved by an event of that process, so the process can end at every await. Resolves with
   * the place of the event.
   */
  async step(): Promise<Place> {
    for (;;) {
      const event = this.#queue.pop();
      if (!event) throw new Error('There are no more events.');
      const { place } = event;
      if (event.isCancelled || place.isDead) continue;
      if (place.isPaused) {
        place.waiting.push(event);
        continue;
      }
      if (event.at < place.freeAt) {
        event.at = place.freeAt;
        this.#insert(event);
        continue;
      }
      this.#now = Math.max(this.#now, event.at);
      if (--place.eventsLeft < 0) this.kill(place);
      else event.run();
      // The queue of the next tick runs only after all resolvable promises have been resolved.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      return place;
    }
  }

  #insert(event: Event): void {
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#queue[middle]!;
      if (other.at > event.at || (other.at === event.at && other.order > event.order)) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, event);
  }
}
