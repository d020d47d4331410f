import { OrgError } from '@rollcall/protocol';
import { FairQueue, type Waiter } from '../../runtime/limits/fair-queue.ts';
import { socketLimits } from '../../runtime/limits/rows/sockets.ts';

/**
 * Read path: limits how many subscriptions are served at the same time, and divides the slots
 * fairly among the owners of their connections (rule R10).
 */

export interface SubscriptionSlotLimits {
  readonly runningMax: number;
  /** While others wait, an owner gives up what it runs beyond this. */
  readonly runningPerOwnerMax: number;
  /** Subscriptions in progress: they run, or wait for their clients. */
  readonly begunMax: number;
  readonly begunPerOwnerMax: number;
  readonly waitingMax: number;
  readonly waitingPerOwnerMax: number;
}

/**
 * An owner that is alone may begin as much as runs. `#evict` keeps four owners with slow clients
 * from stopping all others.
 */
export const subscriptionSlotLimits: SubscriptionSlotLimits = {
  runningMax: socketLimits.subscriptionsRunning.value,
  runningPerOwnerMax: socketLimits.subscriptionsRunningPerOwner.value,
  begunMax: socketLimits.subscriptionsBegun.value,
  begunPerOwnerMax: socketLimits.subscriptionsBegunPerOwner.value,
  waitingMax: socketLimits.subscriptionsWaiting.value,
  waitingPerOwnerMax: socketLimits.subscriptionsWaitingPerOwner.value,
};

/** The refusal of a subscription when so many wait that it could not begin within useful time. */
export class TooManyConnectingError extends OrgError {
  constructor() {
    super('unavailable', 'Too many clients are connecting. Try again shortly.');
  }
}

/** The slot of a subscription that is being served. */
export interface Slot {
  /**
   * Waits for the client without the slot, and then takes a slot again.
   * @param giveUp called at most once, if another owner's subscription begins instead. It ends
   *   the wait, and the work soon after it
   */
  releaseDuring(wait: () => Promise<void>, giveUp: () => void): Promise<void>;
  /**
   * Gives the slot to another owner that waits, if this owner has more than its share, and takes a
   * slot again. Call it between two parts of the work.
   */
  giveWay(): Promise<void>;
}

interface Waiting extends Waiter {
  enter(): void;
}

interface Arrival extends Waiting {
  refuse(error: TooManyConnectingError): void;
}

interface Use {
  begun: number;
  running: number;
  /** The subscriptions that it may begin for those of others, less those that it gives up. */
  due: number;
  /** Gives up a subscription that waits for its client. In the order in which the waits began. */
  readonly stalled: Set<() => void>;
}

const shareOf = (use: Use | undefined) => (use ? use.begun + use.due : 0);

export class SubscriptionSlots {
  readonly #limits: SubscriptionSlotLimits;
  readonly #byOwner = new Map<string, Use>();
  #begun = 0;
  #running = 0;
  readonly #arrivals = new FairQueue<Arrival>(1);
  /** Arrivals for which another owner's subscription was given up. They enter first. */
  readonly #heirs: Waiting[] = [];
  /** Subscriptions in progress that wait for a slot again. */
  readonly #returns = new FairQueue<Waiting>(1);
  #isReturnNext = false;

  constructor(limits: SubscriptionSlotLimits = subscriptionSlotLimits) {
    this.#limits = limits;
  }

  get use(): { readonly begun: number; readonly running: number; readonly waiting: number } {
    return { begun: this.#begun, running: this.#running, waiting: this.#heirs.length + this.#arrivals.size + this.#returns.size };
  }

  /** @throws TooManyConnectingError when too many wait; the work has not begun then */
  async run<T>(owner: string, work: (slot: Slot) => Promise<T>): Promise<T> {
    await this.#begin(owner);
    let isGivenUp = false;
    const slot: Slot = {
      releaseDuring: async (wait, giveUp) => {
        this.#release(owner);
        const { stalled } = this.#byOwner.get(owner)!;
        const entry = () => {
          isGivenUp = true;
          giveUp();
        };
        const waited = wait();
        if (!isGivenUp) stalled.add(entry);
        this.#evict();
        try {
          await waited;
        } finally {
          stalled.delete(entry);
          await this.#takeAgain(owner);
        }
      },
      giveWay: async () => {
        if (this.#byOwner.get(owner)!.running <= this.#limits.runningPerOwnerMax || !this.#doOthersWait(owner)) return;
        this.#release(owner);
        await this.#takeAgain(owner);
      },
    };
    try {
      return await work(slot);
    } finally {
      if (isGivenUp) this.#byOwner.get(owner)!.due++;
      this.#end(owner);
    }
  }

  async #begin(owner: string): Promise<void> {
    if (this.#running < this.#limits.runningMax && this.#mayBegin(owner)) {
      this.#enter(owner, true);
      return;
    }
    this.#makeRoom(owner);
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        this.#enter(owner, true);
        resolve();
      };
      this.#arrivals.add({ keys: [owner], enter, refuse: reject });
      this.#evict();
    });
  }

  async #takeAgain(owner: string): Promise<void> {
    if (this.#running < this.#limits.runningMax) {
      this.#enter(owner, false);
      return;
    }
    await new Promise<void>((resolve) => {
      const enter = () => {
        this.#enter(owner, false);
        resolve();
      };
      this.#returns.add({ keys: [owner], enter });
    });
  }

  #mayBegin(owner: string): boolean {
    const { begunMax, begunPerOwnerMax } = this.#limits;
    return this.#begun < begunMax && (this.#byOwner.get(owner)?.begun ?? 0) < begunPerOwnerMax;
  }

  #enter(owner: string, isNew: boolean): void {
    const use = this.#useOf(owner);
    this.#running++;
    use.running++;
    if (!isNew) return;
    this.#begun++;
    use.begun++;
  }

  #useOf(owner: string): Use {
    const use = this.#byOwner.get(owner) ?? { begun: 0, running: 0, due: 0, stalled: new Set() };
    this.#byOwner.set(owner, use);
    return use;
  }

  #release(owner: string): void {
    this.#running--;
    this.#byOwner.get(owner)!.running--;
    this.#admit();
  }

  #end(owner: string): void {
    const use = this.#byOwner.get(owner)!;
    this.#begun--;
    if (--use.begun === 0 && use.due === 0) this.#byOwner.delete(owner);
    this.#running--;
    use.running--;
    this.#admit();
    this.#evict();
  }

  /** Afterwards, no waiter may enter that still waits. */
  #admit(): void {
    while (this.#running < this.#limits.runningMax) {
      const next = this.#takeNext();
      if (!next) return;
      next.enter();
    }
  }

  /** Alternates, so that clients that read slowly cannot keep new ones out. */
  #takeNext(): Waiting | null {
    if (this.#heirs.length > 0 && this.#begun < this.#limits.begunMax) return this.#heirs.shift()!;
    this.#isReturnNext = !this.#isReturnNext;
    if (this.#isReturnNext) return this.#returns.take() ?? this.#takeArrival();
    return this.#takeArrival() ?? this.#returns.take();
  }

  #takeArrival(): Waiting | null {
    return this.#arrivals.take(({ keys: [owner] }) => this.#mayBegin(owner!));
  }

  /**
   * While as many subscriptions are in progress as may be, the owner with the most loses the one
   * that waits longest for its client, for each arrival of an owner that has fewer even then.
   */
  #evict(): void {
    while (this.#begun >= this.#limits.begunMax && this.#arrivals.size > 0) {
      const most = this.#mostStalled();
      if (shareOf(most) < 2) return;
      const heir = this.#arrivals.take(({ keys: [owner] }) => shareOf(this.#byOwner.get(owner!)) + 1 < shareOf(most));
      if (!heir) return;
      const use = this.#useOf(heir.keys[0]!);
      const enter = () => {
        use.due--;
        heir.enter();
      };
      this.#heirs.push({ keys: heir.keys, enter });
      use.due++;
      most!.due--;
      const [giveUp] = most!.stalled;
      most!.stalled.delete(giveUp!);
      giveUp!();
    }
  }

  /** The owner with the most subscriptions, of those that have one that waits for its client. */
  #mostStalled(): Use | undefined {
    let most: Use | undefined;
    for (const use of this.#byOwner.values()) if (use.stalled.size > 0 && shareOf(use) > shareOf(most)) most = use;
    return most;
  }

  #doOthersWait(owner: string): boolean {
    return [this.#arrivals, this.#returns].some((waiting) => waiting.size > waiting.sizeOf(0, owner));
  }

  /** When the queue is full, the owner with the most waiting subscriptions loses its latest one. */
  #makeRoom(owner: string): void {
    const { waitingMax, waitingPerOwnerMax } = this.#limits;
    const ofOwner = this.#arrivals.sizeOf(0, owner);
    if (ofOwner >= waitingPerOwnerMax) throw new TooManyConnectingError();
    if (this.#arrivals.size < waitingMax) return;
    const latest = this.#arrivals.latestOfLongest()!;
    if (this.#arrivals.sizeOf(0, latest.keys[0]!) <= ofOwner + 1) throw new TooManyConnectingError();
    this.#arrivals.remove(latest);
    latest.refuse(new TooManyConnectingError());
  }
}
