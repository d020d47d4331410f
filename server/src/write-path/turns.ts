import { OrgError } from '@rollcall/protocol';
import { type Clock, systemClock } from '../runtime/clock.ts';

/** Write path, before 1/5: commands of one organization take turns, and only then a connection. */

/**
 * One works, and the next is on its way to the lock. More would wait in the database, each with a connection of the few:
 * ten writers of one organization would keep everybody else from reading and writing.
 */
const underWayMax = 2;

/** As long as a lock is waited for: commands take milliseconds, so that whoever waits this long is behind one that hangs. */
const waitMsMax = 5_000;

interface Queue {
  underWay: number;
  /** First come, first served. */
  readonly waiting: Set<() => void>;
}

export class Turns {
  readonly #clock: Clock;
  /** Of organizations that are being written only. */
  readonly #queues = new Map<string, Queue>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** @throws OrgError `unavailable` when the turn does not come in time */
  async run<T>(orgId: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(orgId) ?? { underWay: 0, waiting: new Set() };
    this.#queues.set(orgId, queue);
    if (queue.underWay < underWayMax) queue.underWay++;
    else await this.#wait(queue);
    try {
      return await work();
    } finally {
      this.#leave(orgId, queue);
    }
  }

  #wait({ waiting }: Queue): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        cancel();
        resolve();
      };
      const cancel = this.#clock.after(waitMsMax, () => {
        waiting.delete(enter);
        reject(new OrgError('unavailable', 'Other changes take too long. Try again shortly.'));
      });
      waiting.add(enter);
    });
  }

  /** Whoever leaves hands their place on, so that nobody slips in between. */
  #leave(orgId: string, queue: Queue): void {
    for (const enter of queue.waiting) {
      queue.waiting.delete(enter);
      enter();
      return;
    }
    if (--queue.underWay === 0) this.#queues.delete(orgId);
  }
}
