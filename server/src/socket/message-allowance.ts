/** A burst is as long as this at the average rate: after a reconnect a client subscribes to 100 organizations at once. */
export const messageBurstSeconds = 6;
/** 200 subscriptions by default: as many as a connection has, and each a second time. */
export const subscribeBurstSeconds = 40;

/**
 * How much a client may send up. In use it pings every few seconds and subscribes now and then. Far above that it is
 * broken, or means harm. A token bucket: it fills with time, and each message takes one.
 */
export class MessageAllowance {
  readonly #perSecond: number;
  readonly #burstMax: number;
  #left: number;
  #countedAt: number;

  /** Times are milliseconds on any one clock that never goes back. */
  constructor(now: number, perSecond: number, burstSeconds: number) {
    this.#perSecond = perSecond;
    this.#burstMax = perSecond * burstSeconds;
    this.#left = this.#burstMax;
    this.#countedAt = now;
  }

  /** False when there is none left. */
  take(now: number): boolean {
    this.#left = Math.min(this.#burstMax, this.#left + ((now - this.#countedAt) / 1_000) * this.#perSecond);
    this.#countedAt = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
