import { OrgError } from '@rollcall/protocol';
import { FairQueue, type Waiter } from './fair-queue.ts';

/**
 * The maximum of a rest, in milliseconds. It is several times what a password hash takes. On an
 * overloaded machine a hash takes seconds, and all users of an address would wait as long again.
 */
export const restMsMax = 250;

export interface FairSemaphoreLimits {
  readonly concurrentMax: number;
  readonly waitingMax: number;
  /** The maximum of waiting work per key, and the refusal beyond it, for each kind of key. */
  readonly perKey: readonly { readonly waitingMax: number; refusal(): OrgError }[];
  /** The refusal when too much work waits in total. */
  overloaded(): OrgError;
}

interface WaitingWork extends Waiter {
  enter(): void;
  refuse(error: OrgError): void;
}

/**
 * Limits how much work runs at the same time. Waiting work is served in rotation by key, so that a
 * key with much work delays others little. A key of the first kind may have to rest after its work.
 */
export class FairSemaphore {
  readonly #limits: FairSemaphoreLimits;
  readonly #waiting: FairQueue<WaitingWork>;
  /** The timers that end the rests, by key of the first kind. */
  readonly #resting = new Map<string, NodeJS.Timeout>();
  #running = 0;

  constructor(limits: FairSemaphoreLimits) {
    this.#limits = limits;
    this.#waiting = new FairQueue(limits.perKey.length);
  }

  get use(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiting.size };
  }

  /**
   * @param keys one key per kind
   * @param closed aborts when the caller is gone; work that still waits is then dropped
   * @param mustRest whether no work of the first key begins for as long as this work took, at most
   * `restMsMax`. Other keys do not wait for it
   * @throws OrgError of the limits when too much work waits; the work has not begun then
   */
  async run<T>(
    keys: readonly string[],
    closed: AbortSignal | undefined,
    work: () => Promise<T>,
    mustRest: (result: T) => boolean = () => false,
  ): Promise<T> {
    await this.#enter(keys, closed);
    const startedAt = performance.now();
    try {
      const result = await work();
      if (mustRest(result)) this.#rest(keys[0]!, performance.now() - startedAt);
      return result;
    } finally {
      this.#running--;
      this.#admitWaiting();
    }
  }

  #rest(key: string, ms: number): void {
    clearTimeout(this.#resting.get(key));
    const end = () => {
      this.#resting.delete(key);
      this.#admitWaiting();
    };
    this.#resting.set(key, setTimeout(end, Math.min(ms, restMsMax)));
  }

  #admitWaiting(): void {
    while (this.#running < this.#limits.concurrentMax) {
      const next = this.#waiting.take(({ keys: [key] }) => !this.#resting.has(key!));
      if (!next) return;
      this.#running++;
      next.enter();
    }
  }

  async #enter(keys: readonly string[], closed: AbortSignal | undefined): Promise<void> {
    if (closed?.aborted) throw callerGone();
    if (this.#running < this.#limits.concurrentMax && !this.#resting.has(keys[0]!)) {
      this.#running++;
      return;
    }
    this.#assertRoom(keys);
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        if (this.#waiting.remove(waiting)) waiting.refuse(callerGone());
      };
      const waiting: WaitingWork = {
        keys,
        enter() {
          closed?.removeEventListener('abort', leave);
          resolve();
        },
        refuse(error) {
          closed?.removeEventListener('abort', leave);
          reject(error);
        },
      };
      closed?.addEventListener('abort', leave);
      this.#waiting.add(waiting);
    });
  }

  /**
   * When the queue is full, the key of the first kind with the most waiting work gives up its
   * latest entry to a key with less waiting work.
   */
  #assertRoom(keys: readonly string[]): void {
    const { waitingMax, perKey, overloaded } = this.#limits;
    for (const [kind, { waitingMax: ofKeyMax, refusal }] of perKey.entries()) {
      if (this.#waiting.sizeOf(kind, keys[kind]!) >= ofKeyMax) throw refusal();
    }
    if (this.#waiting.size < waitingMax) return;
    const latest = this.#waiting.latestOfLongest()!;
    if (this.#waiting.sizeOf(0, latest.keys[0]!) <= this.#waiting.sizeOf(0, keys[0]!) + 1) throw overloaded();
    this.#waiting.remove(latest);
    latest.refuse(overloaded());
  }
}

/** The error of work that is not begun because its caller has closed the connection. */
export function callerGone(): OrgError {
  return new OrgError('unavailable', 'The caller closed the connection.');
}
