/**
 * How much a client may send up. In use it pings every few seconds and subscribes now and then; after a reconnect it
 * subscribes to everything at once, 100 organizations at most. Far above that it is broken, or means harm.
 */
const messagesPerSecond = 50;
const burstMax = 300;

/** A token bucket: it fills with time, and each message takes one. */
export class MessageAllowance {
  #left = burstMax;
  #countedAt: number;

  /** Times are milliseconds on any one clock that never goes back. */
  constructor(now: number) {
    this.#countedAt = now;
  }

  /** False when there is none left. */
  take(now: number): boolean {
    this.#left = Math.min(burstMax, this.#left + ((now - this.#countedAt) / 1_000) * messagesPerSecond);
    this.#countedAt = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
