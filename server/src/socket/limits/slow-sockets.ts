import type { GoodbyeReason } from '@rollcall/protocol';
import type { Clock } from '../../runtime/clock.ts';
import { socketLimits } from '../../runtime/limits/rows/sockets.ts';

/**
 * Rule R9: a client that lags with reading receives nothing more until it has caught up. If it lags
 * too much or for too long, its connection is closed.
 */

/**
 * Below this, a socket receives more. The distance between the two limits makes the next catch-up
 * one large step instead of many small ones, and the connection always has data to send.
 */
const drainedBytes = 64 * 1024;
/**
 * The interval between checks of lagging sockets. 192 KiB per check is 9.6 MB a second to one
 * socket, far above the rate of a slow client.
 */
const checkIntervalMs = 20;
/**
 * The retry range for a client that was too slow. It is long enough for the burst to end that was
 * too much for the client.
 */
const retryAfterMs = [1_000, 5_000] as const;

/** The parts of a socket that this file needs. */
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

/**
 * The lagging sockets of one server. One timer checks all of them, and runs only while there are
 * any.
 */
export class SlowSockets {
  readonly #clock: Clock;
  readonly #waits = new Map<WatchedSocket, Wait>();
  #isChecking = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waits.size;
  }

  /** Resolves when the socket may receive more, or is closed. */
  whenDrained(socket: WatchedSocket): Promise<void> {
    const known = this.#waits.get(socket);
    if (known) return known.drained;
    let resolve = () => {};
    const drained = new Promise<void>((done) => {
      resolve = done;
    });
    this.#waits.set(socket, { since: this.#clock.now(), drained, resolve });
    if (!this.#isChecking) this.#checkLater();
    return drained;
  }

  /** Closes a lagging socket at once. */
  close(socket: WatchedSocket): void {
    const wait = this.#waits.get(socket);
    if (wait) this.#end(socket, wait);
  }

  #checkLater(): void {
    this.#isChecking = this.#waits.size > 0;
    if (this.#isChecking) this.#clock.after(checkIntervalMs, () => this.#check());
  }

  #check(): void {
    for (const [socket, wait] of this.#waits) {
      const unsent = socket.unsentBytes();
      if (socket.isOver || unsent <= drainedBytes) this.#resolve(socket, wait);
      else if (unsent > socketLimits.closeBytes.value || this.#clock.now() - wait.since >= socketLimits.laggingMs.value)
        this.#end(socket, wait);
    }
    this.#checkLater();
  }

  #end(socket: WatchedSocket, wait: Wait): void {
    socket.goodbye('slow', retryAfterMs);
    this.#resolve(socket, wait);
  }

  #resolve(socket: WatchedSocket, { resolve }: Wait): void {
    this.#waits.delete(socket);
    resolve();
  }
}
