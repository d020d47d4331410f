import { OrgError } from '@rollcall/protocol';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { FairQueue, type Waiter } from '../runtime/fair-queue.ts';

/**
 * Write path, before 1/5: the commands of one organization wait in this queue, and take a
 * connection only afterwards.
 */

/**
 * One command runs while the next one waits for the lock. Further commands would wait in the
 * database, each with one of few connections. Ten writers of one organization would then block all
 * other reads and writes.
 */
const underWayMax = 2;

/**
 * The longest wait in milliseconds. A load balancer takes an instance whose response takes longer
 * for failed: `deploy/nginx.conf` after 2.5 s. Commands take milliseconds, so a command that waits
 * this long is behind a command that hangs, or behind a flood.
 */
export const waitMsMax = 2_000;

/**
 * After this many urgent commands in a row, one ordinary command runs, so that urgent ones cannot
 * starve the others.
 */
const urgentInRowMax = 4;

/** The writer of a command, and whether it ends access. */
export interface QueuedWrite {
  /** Commands of one writer wait for each other, and alternate with those of other writers. */
  readonly writer: string;
  /** Commands that end access run before all others. */
  readonly isUrgent: boolean;
}

interface WaitingCommand extends Waiter {
  enter(): void;
}

interface Queue {
  underWay: number;
  urgentInRow: number;
  readonly urgent: FairQueue<WaitingCommand>;
  readonly ordinary: FairQueue<WaitingCommand>;
}

export class WriteQueue {
  readonly #clock: Clock;
  /** Organizations with running commands. */
  readonly #queues = new Map<string, Queue>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Waiting commands of all organizations. */
  get waiting(): number {
    let waiting = 0;
    for (const { urgent, ordinary } of this.#queues.values()) waiting += urgent.size + ordinary.size;
    return waiting;
  }

  /** @throws OrgError `unavailable` if the command waits for too long */
  async run<T>(orgId: string, write: QueuedWrite, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(orgId) ?? { underWay: 0, urgentInRow: 0, urgent: new FairQueue(1), ordinary: new FairQueue(1) };
    this.#queues.set(orgId, queue);
    if (queue.underWay < underWayMax) queue.underWay++;
    else await this.#wait(write.isUrgent ? queue.urgent : queue.ordinary, write.writer);
    try {
      return await work();
    } finally {
      this.#leave(orgId, queue);
    }
  }

  #wait(waiters: FairQueue<WaitingCommand>, writer: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = {
        keys: [writer],
        enter() {
          cancel();
          resolve();
        },
      };
      const cancel = this.#clock.after(waitMsMax, () => {
        waiters.remove(waiting);
        reject(new OrgError('unavailable', 'Timed out waiting for earlier changes to this organization. Try again.'));
      });
      waiters.add(waiting);
    });
  }

  /**
   * A finished command passes its slot to the next one directly, so that no new command overtakes
   * it.
   */
  #leave(orgId: string, queue: Queue): void {
    const next = takeNext(queue);
    if (next) next.enter();
    else if (--queue.underWay === 0) this.#queues.delete(orgId);
  }
}

function takeNext(queue: Queue): WaitingCommand | null {
  const { urgent, ordinary } = queue;
  const isOrdinaryDue = urgent.size === 0 || (queue.urgentInRow >= urgentInRowMax && ordinary.size > 0);
  queue.urgentInRow = isOrdinaryDue ? 0 : queue.urgentInRow + 1;
  return isOrdinaryDue ? ordinary.take() : urgent.take();
}
