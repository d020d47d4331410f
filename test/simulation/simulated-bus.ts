import type { Bus, RevisionNotice } from '../../server/src/bus/bus.ts';
import { Listeners } from '../../server/src/bus/listeners.ts';
import type { Place, Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';

/** The faults of notices between two processes, as shares of all notices. */
export interface NoticeFaults {
  readonly drop: number;
  readonly duplicate: number;
  readonly delay: number;
  readonly delayMsMax: number;
}

export const noNoticeFaults: NoticeFaults = { drop: 0, duplicate: 0, delay: 0, delayMsMax: 0 };
const quickMs = 4;
const listenMsMax = 20;
/** Notices omit entries above 16 KiB. Here any entry may be omitted. */
const withoutEntry = 0.1;

interface Party {
  readonly place: Place;
  readonly listeners: Listeners<RevisionNotice>;
  readonly gapListeners: Set<() => void>;
}

/**
 * The memory bus for several processes, with a network between them. Within a process a notice
 * arrives at once.
 */
export class SimulatedBus {
  faults = noNoticeFaults;
  readonly #scheduler: Scheduler;
  readonly #trace: Trace;
  readonly #parties = new Set<Party>();

  constructor(scheduler: Scheduler, trace: Trace) {
    this.#scheduler = scheduler;
    this.#trace = trace;
  }

  open(place: Place): Bus {
    const party: Party = { place, listeners: new Listeners(), gapListeners: new Set() };
    this.#parties.add(party);
    return {
      status: 'memory',
      publish: async (notice) => {
        const { entry: _, ...bare } = notice;
        const sent = this.#scheduler.random.chance(withoutEntry) ? bare : notice;
        party.listeners.deliver(sent.orgId, sent);
        this.#spread(party, sent);
      },
      subscribe: (orgId, listener) =>
        new Promise((resolve) => {
          this.#scheduler.after(place, this.#scheduler.between(0, listenMsMax), () => {
            party.listeners.add(orgId, listener);
            resolve({ [Symbol.asyncDispose]: async () => party.listeners.remove(orgId, listener) });
          });
        }),
      // The simulation doesn't use ephemeral messages.
      broadcast: async () => {},
      onBroadcast: async () => ({ [Symbol.asyncDispose]: async () => {} }),
      onGap: (listener) => {
        party.gapListeners.add(listener);
        return { [Symbol.dispose]: () => void party.gapListeners.delete(listener) };
      },
      close: async () => {
        this.#parties.delete(party);
      },
    };
  }

  /** Reports to all processes that notices may have been lost. */
  reportGap(): void {
    for (const { place, gapListeners } of this.#parties) for (const listener of gapListeners) this.#scheduler.after(place, 0, listener);
  }

  #spread(from: Party, notice: RevisionNotice): void {
    const { random } = this.#scheduler;
    const { drop, duplicate, delay, delayMsMax } = this.faults;
    for (const party of this.#parties) {
      if (party === from || party.place.isDead) continue;
      if (random.chance(drop)) {
        this.#trace.add(`the notice of revision ${notice.revision} to ${party.place.name} is lost`);
        continue;
      }
      const late = () => this.#scheduler.between(0, random.chance(delay) ? delayMsMax : quickMs);
      this.#deliver(party, notice, late());
      if (random.chance(duplicate)) this.#deliver(party, notice, late());
    }
  }

  #deliver({ place, listeners }: Party, notice: RevisionNotice, ms: number): void {
    this.#scheduler.after(place, ms, () => listeners.deliver(notice.orgId, notice));
  }
}
