import { OrgError } from '@rollcall/protocol';
import { FairLines, type Waiter } from './fair-lines.ts';

export interface FairGateLimits {
  readonly concurrentMax: number;
  readonly waitingMax: number;
  /** Per kind of key: how much work of one key may wait, and the refusal of more. */
  readonly perKey: readonly { readonly waitingMax: number; refusal(): OrgError }[];
  /** The refusal when too much waits in all. */
  overloaded(): OrgError;
}

interface WaitingWork extends Waiter {
  enter(): void;
  refuse(error: OrgError): void;
}

/** Runs work a few at a time. What waits is served in turn by its keys, so that one key with much of it delays others little. */
export class FairGate {
  readonly #limits: FairGateLimits;
  readonly #waiting: FairLines<WaitingWork>;
  #running = 0;

  constructor(limits: FairGateLimits) {
    this.#limits = limits;
    this.#waiting = new FairLines(limits.perKey.length);
  }

  get use(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiting.size };
  }

  /**
   * @param keys one per kind
   * @param closed aborts when the caller is gone: work that still waits is then not done
   * @throws OrgError of the limits when too much waits; the work was not begun then
   */
  async run<T>(keys: readonly string[], closed: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    await this.#enter(keys, closed);
    try {
      return await work();
    } finally {
      const next = this.#waiting.take();
      if (next) next.enter();
      else this.#running--;
    }
  }

  async #enter(keys: readonly string[], closed: AbortSignal | undefined): Promise<void> {
    if (closed?.aborted) throw callerGone();
    if (this.#running < this.#limits.concurrentMax) {
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

  /** When the queue is full, the first kind's key that has most waiting gives up its latest place to a key that has fewer. */
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

function callerGone(): OrgError {
  return new OrgError('unavailable', 'The caller closed the connection.');
}
