import type { Clock } from '../../runtime/clock.ts';
import type { Limits } from '../../runtime/limits/limits.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';

export type IdleFeedLimits = Pick<Limits, 'idleFeedSeconds' | 'idleFeedBytes'>;

/** A watched organization without subscriptions. */
interface IdleOrganization {
  /** The estimated memory of its feed. */
  readonly bytes: number;
}

/**
 * Read path: the watched organizations without subscriptions, the least recently used first. They
 * stay open for a while, so that a reload of a dashboard does not open them again, and while they
 * fit into a bounded memory.
 */
export class IdleOrganizations<Watched extends object> {
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #limits: IdleFeedLimits;
  readonly #close: (watched: Watched) => void;
  /** In the order in which they became idle. */
  readonly #idle = new Map<Watched, IdleOrganization & { readonly since: number }>();
  #bytes = 0;
  #cancelTimer: (() => void) | null = null;

  /** @param close called for a watched organization that is removed from here */
  constructor(
    { clock, counters }: { readonly clock: Clock; readonly counters: Counters },
    limits: IdleFeedLimits,
    close: (watched: Watched) => void,
  ) {
    this.#clock = clock;
    this.#counters = counters;
    this.#limits = limits;
    this.#close = close;
  }

  get use(): { readonly organizations: number; readonly bytes: number } {
    return { organizations: this.#idle.size, bytes: this.#bytes };
  }

  add(watched: Watched, { bytes }: IdleOrganization): void {
    this.remove(watched);
    this.#idle.set(watched, { bytes, since: this.#clock.now() });
    this.#bytes += bytes;
    this.#shrink();
    this.#schedule();
  }

  has(watched: Watched): boolean {
    return this.#idle.has(watched);
  }

  /** The feed of an idle organization grows with the changes that others make. */
  resize(watched: Watched, bytes: number): void {
    const idle = this.#idle.get(watched)!;
    this.#idle.set(watched, { ...idle, bytes });
    this.#bytes += bytes - idle.bytes;
    this.#shrink();
  }

  /** Called when a watched organization is used again, and when it is closed. */
  remove(watched: Watched): void {
    const idle = this.#idle.get(watched);
    if (!idle) return;
    this.#idle.delete(watched);
    this.#bytes -= idle.bytes;
  }

  clear(): void {
    this.#idle.clear();
    this.#bytes = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #shrink(): void {
    while (this.#bytes > this.#limits.idleFeedBytes) this.#letGoOldest('memory');
  }

  /** One timer for all, which waits for the oldest. */
  #schedule(): void {
    const [oldest] = this.#idle.values();
    if (this.#cancelTimer || !oldest) return;
    const keptMs = this.#limits.idleFeedSeconds * 1_000;
    // At least a millisecond: a timer may end a little before the time, also by rounding.
    const waitMs = Math.max(1, oldest.since + keptMs - this.#clock.now());
    this.#cancelTimer = this.#clock.after(waitMs, () => {
      this.#cancelTimer = null;
      this.#letGoExpired(this.#clock.now() - keptMs);
      this.#schedule();
    });
  }

  #letGoExpired(since: number): void {
    for (let [oldest] = this.#idle.values(); oldest && oldest.since <= since; [oldest] = this.#idle.values()) this.#letGoOldest('time');
  }

  #letGoOldest(reason: 'time' | 'memory'): void {
    const [watched] = this.#idle.keys();
    this.remove(watched!);
    this.#counters.increment('feedsLetGo', 1, reason);
    this.#close(watched!);
  }
}
