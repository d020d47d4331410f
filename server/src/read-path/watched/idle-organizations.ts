import type { Clock } from '../../runtime/clock.ts';
import type { Limits } from '../../runtime/limits/limits.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';

export type IdleFeedLimits = Pick<Limits, 'idleFeedSeconds' | 'idleFeedBytes'>;

/** A channel without subscriptions. */
interface IdleChannel {
  /** The estimated memory of its feed. */
  readonly bytes: number;
}

/**
 * Read path: the channels without subscriptions, the least recently used first. They stay open for
 * a while, so that a reload of a dashboard does not open them again, and while they fit into a
 * bounded memory.
 */
export class IdleChannels<Channel extends object> {
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #limits: IdleFeedLimits;
  readonly #close: (channel: Channel) => void;
  /** In the order in which they became idle. */
  readonly #idle = new Map<Channel, IdleChannel & { readonly since: number }>();
  #bytes = 0;
  #cancelTimer: (() => void) | null = null;

  /** @param close called for a channel that is removed from here */
  constructor(
    { clock, counters }: { readonly clock: Clock; readonly counters: Counters },
    limits: IdleFeedLimits,
    close: (channel: Channel) => void,
  ) {
    this.#clock = clock;
    this.#counters = counters;
    this.#limits = limits;
    this.#close = close;
  }

  get use(): { readonly channels: number; readonly bytes: number } {
    return { channels: this.#idle.size, bytes: this.#bytes };
  }

  add(channel: Channel, { bytes }: IdleChannel): void {
    this.remove(channel);
    this.#idle.set(channel, { bytes, since: this.#clock.now() });
    this.#bytes += bytes;
    this.#shrink();
    this.#schedule();
  }

  has(channel: Channel): boolean {
    return this.#idle.has(channel);
  }

  /** The feed of an idle channel grows with the changes that others make. */
  resize(channel: Channel, bytes: number): void {
    const idle = this.#idle.get(channel)!;
    this.#idle.set(channel, { ...idle, bytes });
    this.#bytes += bytes - idle.bytes;
    this.#shrink();
  }

  /** Called when a channel is used again, and when it is closed. */
  remove(channel: Channel): void {
    const idle = this.#idle.get(channel);
    if (!idle) return;
    this.#idle.delete(channel);
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
    const [channel] = this.#idle.keys();
    this.remove(channel!);
    this.#counters.increment('feedsLetGo', 1, reason);
    this.#close(channel!);
  }
}
