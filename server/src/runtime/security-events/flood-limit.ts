import type { SecurityEvent } from './security-event.ts';

export interface FloodLimits {
  /** The events of one key that are recorded one by one, per window. */
  readonly perKey: number;
  /** The events of all keys. */
  readonly inAll: number;
}

interface Seen {
  recorded: number;
  /** The events that are only counted. Null if there are none. */
  counted: SecurityEvent | null;
}

/**
 * Decides which events of a window of time are recorded one by one. Counts the others, so that they
 * become few events with a count. Its memory is bounded: a key is remembered only if an event of it
 * was recorded, and the rest is counted by the event's name and outcome.
 */
export class FloodLimit {
  readonly #limits: FloodLimits;
  readonly #seen = new Map<string, Seen>();
  readonly #rest = new Map<string, SecurityEvent>();
  #recorded = 0;

  constructor(limits: FloodLimits) {
    this.#limits = limits;
  }

  /** Returns whether to record the event. Otherwise it is counted. */
  admits(key: string, event: SecurityEvent): boolean {
    const seen = this.#seen.get(key);
    if (seen && seen.recorded >= this.#limits.perKey) {
      seen.counted = countedWith(seen.counted, event);
      return false;
    }
    if (this.#recorded >= this.#limits.inAll) {
      const name = `${event.event} ${event.outcome}`;
      this.#rest.set(name, countedWith(this.#rest.get(name) ?? null, event));
      return false;
    }
    this.#recorded++;
    if (seen) seen.recorded++;
    else this.#seen.set(key, { recorded: 1, counted: null });
    return true;
  }

  /** Begins the next window. Returns the events that stand for those that were only counted. */
  endWindow(): SecurityEvent[] {
    const counted = [...this.#seen.values()].flatMap((seen) => seen.counted ?? []);
    counted.push(...this.#rest.values());
    this.#seen.clear();
    this.#rest.clear();
    this.#recorded = 0;
    return counted;
  }
}

/** One event for both. A fact that differs between them is not part of it. */
function countedWith(earlier: SecurityEvent | null, event: SecurityEvent): SecurityEvent {
  if (!earlier) return { ...event, target: null, requestId: null };
  const isOfCaller = earlier.caller?.kind === event.caller?.kind && earlier.caller?.id === event.caller?.id;
  const isOfCredential = earlier.caller?.credential?.id === event.caller?.credential?.id;
  const caller = earlier.caller && { ...earlier.caller, credential: isOfCredential ? earlier.caller.credential : null };
  return {
    ...earlier,
    count: earlier.count + event.count,
    kind: earlier.kind === event.kind ? earlier.kind : null,
    caller: isOfCaller ? caller : null,
    address: earlier.address === event.address ? earlier.address : null,
    orgId: earlier.orgId === event.orgId ? earlier.orgId : null,
  };
}
