import type { Clock } from '../../server/src/runtime/clock.ts';
import type { SeededRandom } from '../support/seeds.ts';

/** Virtual time: what happens when is decided here and nowhere else, by the seed. */

/** Where events happen: a server process or a client. It can stand still, and it can end; what was to happen in it then waits, or never does. */
export class Place {
  readonly name: string;
  isDead = false;
  isPaused = false;
  /** When it last began to move again: what is bounded in time is bounded from then on. */
  movesSince = 0;
  /** Ends it, when so many of its events are still to come. */
  eventsLeft = Number.POSITIVE_INFINITY;
  onKilled = () => {};
  readonly waiting: Event[] = [];
  lastTurnAt = 0;
  /** Its events take time of their own, and those after them wait. */
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

/** Between two looks at the clock a busy process works up to this long. */
const workMsMax = 5;

/** A turn of the loop takes up to this long; others' events come in between. */
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

  /** Gives what cancels it. */
  after(place: Place, ms: number, run: () => void): () => void {
    const event: Event = { at: this.#now + ms, order: this.#count++, place, run, isCancelled: false };
    this.#insert(event);
    return () => {
      event.isCancelled = true;
    };
  }

  /** A time in virtual milliseconds between two. */
  between(lowestMs: number, highestMs: number): number {
    return lowestMs + this.random.float() * (highestMs - lowestMs);
  }

  clockOf(place: Place): Clock {
    return {
      now: () => {
        if (place.isBusy) place.freeAt = Math.max(place.freeAt, this.#now) + this.between(0, workMsMax);
        return Math.max(this.#now, place.freeAt);
      },
      after: (ms, run) => this.after(place, ms + Math.max(0, place.freeAt - this.#now), run),
      afterTurn: (run) => {
        // Turns of one process follow each other in the order they were asked for.
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
    // All that was due meanwhile comes now, in its order.
    for (const event of place.waiting.splice(0)) this.#insert(event);
  }

  kill(place: Place): void {
    if (place.isDead) return;
    place.isDead = true;
    place.waiting.length = 0;
    place.onKilled();
  }

  /**
   * One event, and all that follows from it without waiting. A promise that its process waits for is answered by an
   * event of that process, so an end can come at every await. Resolves with the place it happened in.
   */
  async step(): Promise<Place> {
    for (;;) {
      const event = this.#queue.pop();
      if (!event) throw new Error('Nothing is left to happen.');
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
      // The next tick's queue is looked at once all promises are settled that can be.
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
