import { OrgError } from '@rollcall/protocol';
import { FairLines, type Waiter } from './fair-lines.ts';
import type { Limits } from './limits.ts';

export interface FairGateLimits {
  readonly concurrentMax: number;
  readonly waitingMax: number;
  readonly waitingPerKeyMax: number;
}

interface WaitingWork extends Waiter {
  enter(): void;
  refuse(error: OrgError): void;
}

/** Runs work a few at a time. What waits is served in turn by key, so that one key with much of it delays others little. */
export class FairGate {
  readonly #limits: FairGateLimits;
  readonly #waiting = new FairLines<WaitingWork>(1);
  #running = 0;

  constructor(limits: FairGateLimits) {
    this.#limits = limits;
  }

  get use(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiting.size };
  }

  /**
   * @param closed aborts when the caller is gone: work that still waits is then not done
   * @throws OrgError `rate-limited` when too much of this key waits, `unavailable` when too much waits in all
   */
  async run<T>(key: string, closed: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limits.concurrentMax) this.#running++;
    else await this.#wait(key, closed);
    try {
      return await work();
    } finally {
      const next = this.#waiting.take();
      if (next) next.enter();
      else this.#running--;
    }
  }

  #wait(key: string, closed: AbortSignal): Promise<void> {
    if (closed.aborted) throw callerGone();
    this.#assertRoom(key);
    return new Promise((resolve, reject) => {
      const leave = () => {
        if (this.#waiting.remove(waiting)) reject(callerGone());
      };
      const waiting: WaitingWork = {
        keys: [key],
        enter() {
          closed.removeEventListener('abort', leave);
          resolve();
        },
        refuse(error) {
          closed.removeEventListener('abort', leave);
          reject(error);
        },
      };
      closed.addEventListener('abort', leave);
      this.#waiting.add(waiting);
    });
  }

  /** When the queue is full, the key that has most waiting gives up its latest place to a key that has fewer. */
  #assertRoom(key: string): void {
    const { waitingMax, waitingPerKeyMax } = this.#limits;
    if (this.#waiting.sizeOf(0, key) >= waitingPerKeyMax)
      throw new OrgError('rate-limited', 'Too many requests of your address are waiting. Try again shortly.', { retryAfterSeconds: 2 });
    if (this.#waiting.size < waitingMax) return;
    const latest = this.#waiting.latestOfLongest()!;
    if (this.#waiting.sizeOf(0, latest.keys[0]!) <= this.#waiting.sizeOf(0, key) + 1) throw overloaded();
    this.#waiting.remove(latest);
    latest.refuse(overloaded());
  }
}

function overloaded(): OrgError {
  return new OrgError('unavailable', 'Too many requests are waiting. Try again shortly.', { retryAfterSeconds: 2 });
}

function callerGone(): OrgError {
  return new OrgError('unavailable', 'The caller closed the connection.');
}

/** The gate for writes of callers without a credential, by network. */
export function openAnonymousWrites(limits: Limits): FairGate {
  const { anonymousWrites, anonymousWritesWaiting, anonymousWritesWaitingPerAddress } = limits;
  return new FairGate({
    concurrentMax: anonymousWrites,
    waitingMax: anonymousWritesWaiting,
    waitingPerKeyMax: anonymousWritesWaitingPerAddress,
  });
}
