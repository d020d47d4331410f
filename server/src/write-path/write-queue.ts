import { OrgError } from '@rollcall/protocol';
import { TransactionChain } from '../database/transact.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { FairQueue, type Waiter } from '../runtime/limits/fair-queue.ts';
import { waitingLimits } from '../runtime/limits/rows/waiting.ts';

/**
 * Write path, before 1/5: the commands of one organization wait in this queue. They would wait for
 * each other's lock in the database otherwise, each with one of few connections, and ten writers of
 * one organization would block all other reads and writes.
 */

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

/** The only slot of an organization. The command that holds it decides on the next revision. */
export interface Slot {
  /** Runs the transactions of the organization. */
  readonly chain: TransactionChain;
  /** Lets the next command begin before this one has ended. */
  release(): void;
}

interface Queue {
  /** Commands that wait, or have not ended. */
  commands: number;
  /** Whether a command holds the slot. */
  isTaken: boolean;
  readonly chain: TransactionChain;
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

  /**
   * @param work runs while the command holds the slot
   * @throws OrgError `unavailable` if the command waits for too long
   */
  async run<T>(orgId: string, write: QueuedWrite, work: (slot: Slot) => Promise<T>): Promise<T> {
    const queue = this.#queues.get(orgId) ?? newQueue();
    this.#queues.set(orgId, queue);
    queue.commands++;
    try {
      if (queue.isTaken) await this.#wait(write.isUrgent ? queue.urgent : queue.ordinary, write.writer);
      queue.isTaken = true;
      return await useSlot(queue, work);
    } finally {
      if (--queue.commands === 0) this.#queues.delete(orgId);
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
      const cancel = this.#clock.after(waitingLimits.queuedMs.value, () => {
        waiters.remove(waiting);
        reject(new OrgError('unavailable', 'Timed out waiting for earlier changes to this organization. Try again.'));
      });
      waiters.add(waiting);
    });
  }
}

function newQueue(): Queue {
  const chain = new TransactionChain();
  return { commands: 0, isTaken: false, chain, urgentInRow: 0, urgent: new FairQueue(1), ordinary: new FairQueue(1) };
}

async function useSlot<T>(queue: Queue, work: (slot: Slot) => Promise<T>): Promise<T> {
  let isReleased = false;
  const release = () => {
    if (isReleased) return;
    isReleased = true;
    // The next command gets the slot directly, so that no new command overtakes it.
    const next = takeNext(queue);
    if (next) next.enter();
    else queue.isTaken = false;
  };
  try {
    return await work({ chain: queue.chain, release });
  } finally {
    release();
  }
}

function takeNext(queue: Queue): WaitingCommand | null {
  const { urgent, ordinary } = queue;
  const isOrdinaryDue = urgent.size === 0 || (queue.urgentInRow >= urgentInRowMax && ordinary.size > 0);
  queue.urgentInRow = isOrdinaryDue ? 0 : queue.urgentInRow + 1;
  return isOrdinaryDue ? ordinary.take() : urgent.take();
}
