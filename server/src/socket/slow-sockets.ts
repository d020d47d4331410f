import type { GoodbyeReason } from '@rollcall/protocol';
import type { Clock } from '../runtime/clock.ts';

/** Rule R9: who is behind with reading is sent no more until they caught up, and is not waited for longer than this. */

/** Above this a socket gets nothing more: a healthy client's kernel takes a part of a snapshot, 150 KB, at once. */
export const unsentBytesMax = 256 * 1024;
/** It gets more below this, so that what follows is one large step and not many small ones, and the line never runs dry. */
const drainedBytes = 64 * 1024;
/** Above this at a look, or behind for longer, a socket is closed: 1,000 of them hold a gigabyte at most. */
const hopelessBytes = 1024 * 1024;
const behindMsMax = 10_000;
/** How often those who are behind are looked at: 192 KiB a look is 9.6 MB a second to one socket, far above what is slow. */
const lookIntervalMs = 20;
/** Whoever was too slow comes back when the burst that was too much for them is over. */
const retryAfterMs = [1_000, 5_000] as const;

/** A socket as this file needs it. */
export interface WatchedSocket {
  readonly isOver: boolean;
  unsentBytes(): number;
  goodbye(reason: GoodbyeReason, retryAfterMs: readonly [number, number]): void;
}

interface Wait {
  readonly since: number;
  readonly drained: Promise<void>;
  readonly resolve: () => void;
}

/** The sockets of one server that are behind. One timer looks at all of them, and runs only while there are any. */
export class SlowSockets {
  readonly #clock: Clock;
  readonly #waits = new Map<WatchedSocket, Wait>();
  #isLooking = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waits.size;
  }

  /** Resolves when the socket may be sent more, or is over. */
  whenDrained(socket: WatchedSocket): Promise<void> {
    const known = this.#waits.get(socket);
    if (known) return known.drained;
    let resolve = () => {};
    const drained = new Promise<void>((done) => {
      resolve = done;
    });
    this.#waits.set(socket, { since: this.#clock.now(), drained, resolve });
    if (!this.#isLooking) this.#lookLater();
    return drained;
  }

  #lookLater(): void {
    this.#isLooking = this.#waits.size > 0;
    if (this.#isLooking) this.#clock.after(lookIntervalMs, () => this.#look());
  }

  #look(): void {
    for (const [socket, wait] of this.#waits) {
      const unsent = socket.unsentBytes();
      if (!socket.isOver && unsent > drainedBytes) {
        if (unsent <= hopelessBytes && this.#clock.now() - wait.since < behindMsMax) continue;
        socket.goodbye('slow', retryAfterMs);
      }
      this.#waits.delete(socket);
      wait.resolve();
    }
    this.#lookLater();
  }
}
