/**
 * A token bucket that limits the messages of a client. It fills with time, and each message takes
 * one token. In normal use a client pings every few seconds and subscribes now and then. A client
 * far above that rate is broken or hostile.
 */
export class MessageAllowance {
  readonly #perSecond: number;
  readonly #burstMax: number;
  #left: number;
  #countedAt: number;

  /** Times are milliseconds of any monotonic clock. */
  constructor(now: number, perSecond: number, burstSeconds: number) {
    this.#perSecond = perSecond;
    this.#burstMax = perSecond * burstSeconds;
    this.#left = this.#burstMax;
    this.#countedAt = now;
  }

  /** Takes one token. Returns false when none is left. */
  take(now: number): boolean {
    this.#left = Math.min(this.#burstMax, this.#left + ((now - this.#countedAt) / 1_000) * this.#perSecond);
    this.#countedAt = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
