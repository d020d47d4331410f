import { OrgError } from '@rollcall/protocol';
import { FairQueue, type Waiter } from './fair-queue.ts';

/**
 * The maximum of a rest, in milliseconds. It is several times what a password hash takes. On an
 * overloaded machine a hash takes seconds, and all users of an address would wait as long again.
 */
export const restMsMax = 250;

/** The limit on waiting work. */
export interface WaitingLimit {
  readonly waitingMax: number;
  /** Makes the error for work beyond it. */
  refusal(): Error;
}

export interface SemaphoreLimits {
  readonly concurrentMax: number;
  /** For all work. Without it, any amount waits. */
  readonly inTotal?: WaitingLimit;
  /** For the work of one key, for each kind of key. Without it, work has no key. */
  readonly perKey?: readonly WaitingLimit[];
}

export interface WorkOptions<T> {
  /** One key per kind. */
  readonly keys?: readonly string[];
  /** Aborts when the caller is gone. Work that still waits is then dropped. */
  readonly closed?: AbortSignal | undefined;
  /**
   * Whether no work of the first key begins for as long as this work took, at most `restMsMax`.
   * Other keys do not wait for it.
   */
  mustRest?(result: T): boolean;
}

interface WaitingWork extends Waiter {
  enter(): void;
  refuse(error: Error): void;
}

const noKeys = [''];
const noLimits: readonly WaitingLimit[] = [];

/**
 * Limits how much work runs at the same time. Other work waits: in order, or in rotation by key, so
 * that a key with much work delays others little.
 */
export class Semaphore {
  readonly #limits: SemaphoreLimits;
  /** Null until work has to wait. */
  #waiting: FairQueue<WaitingWork> | null = null;
  /** The timers that end the rests, by the first key. Null until the first rest. */
  #resting: Map<string, NodeJS.Timeout> | null = null;
  #running = 0;

  constructor(limits: SemaphoreLimits) {
    this.#limits = limits;
  }

  get isIdle(): boolean {
    return this.#running === 0;
  }

  get use(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiting?.size ?? 0 };
  }

  /** @throws the refusal of a limit when too much work waits; the work has not begun then */
  async run<T>(work: () => Promise<T>, { keys = noKeys, closed, mustRest }: WorkOptions<NoInfer<T>> = {}): Promise<T> {
    const wait = this.#enter(keys, closed);
    if (wait) await wait;
    const startedAt = mustRest ? performance.now() : 0;
    try {
      const result = await work();
      if (mustRest?.(result)) this.#rest(keys[0]!, performance.now() - startedAt);
      return result;
    } finally {
      this.#running--;
      this.#admitWaiting();
    }
  }

  #rest(key: string, ms: number): void {
    this.#resting ??= new Map();
    clearTimeout(this.#resting.get(key));
    const end = () => {
      this.#resting!.delete(key);
      this.#admitWaiting();
    };
    this.#resting.set(key, setTimeout(end, Math.min(ms, restMsMax)));
  }

  /** A slot passes directly to the next waiter, so that no new work can take it in between. */
  #admitWaiting(): void {
    while (this.#waiting && this.#running < this.#limits.concurrentMax) {
      const next = this.#waiting.take(({ keys: [key] }) => !this.#resting?.has(key!));
      if (!next) return;
      this.#running++;
      next.enter();
    }
  }

  /** Takes a slot. Null if one is free, so that the work begins at once. */
  #enter(keys: readonly string[], closed: AbortSignal | undefined): Promise<void> | null {
    if (closed?.aborted) throw callerGone();
    if (this.#running < this.#limits.concurrentMax && !this.#resting?.has(keys[0]!)) {
      this.#running++;
      return null;
    }
    this.#waiting ??= new FairQueue(keys.length);
    const queue = this.#waiting;
    this.#assertRoom(queue, keys);
    return new Promise((resolve, reject) => {
      const leave = () => {
        if (queue.remove(waiting)) waiting.refuse(callerGone());
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
      queue.add(waiting);
    });
  }

  /**
   * When the queue is full, the key of the first kind with the most waiting work gives up its
   * latest entry to a key with less waiting work.
   */
  #assertRoom(queue: FairQueue<WaitingWork>, keys: readonly string[]): void {
    const { inTotal, perKey = noLimits } = this.#limits;
    for (const [kind, { waitingMax, refusal }] of perKey.entries()) {
      if (queue.sizeOf(kind, keys[kind]!) >= waitingMax) throw refusal();
    }
    if (!inTotal || queue.size < inTotal.waitingMax) return;
    const latest = perKey.length > 0 ? queue.latestOfLongest() : null;
    if (!latest || queue.sizeOf(0, latest.keys[0]!) <= queue.sizeOf(0, keys[0]!) + 1) throw inTotal.refusal();
    queue.remove(latest);
    latest.refuse(inTotal.refusal());
  }
}

/** Semaphores with the same limits, one for each key. Work of different keys doesn't wait. */
export class KeyedSemaphore {
  readonly #byKey = new Map<string, Semaphore>();
  readonly #limits: SemaphoreLimits;

  constructor(limits: Pick<SemaphoreLimits, 'concurrentMax' | 'inTotal'>) {
    this.#limits = limits;
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const semaphore = this.#byKey.get(key) ?? new Semaphore(this.#limits);
    this.#byKey.set(key, semaphore);
    try {
      return await semaphore.run(work);
    } finally {
      if (semaphore.isIdle && this.#byKey.get(key) === semaphore) this.#byKey.delete(key);
    }
  }
}

/** The error of work that is not begun because its caller has closed the connection. */
export function callerGone(): OrgError {
  return new OrgError('unavailable', 'The caller closed the connection.');
}
