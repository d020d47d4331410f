import { setTimeout as sleep } from 'node:timers/promises';

export interface Rates {
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
}

/**
 * The attacker's limits: a token bucket of requests and one of bytes, each with a capacity of a
 * tenth of a second.
 */
export class TokenBucket {
  readonly #rates: Rates;
  readonly #signal: AbortSignal;
  #nextAt = performance.now();
  sent = 0;

  constructor(rates: Rates, signal: AbortSignal) {
    this.#rates = rates;
    this.#signal = signal;
  }

  /**
   * Waits until this number of bytes and requests may be sent. @throws AbortError at the end of the
   * attack
   */
  async take(bytes = 200, requests = 1): Promise<void> {
    const { requestsPerSecond, bytesPerSecond } = this.#rates;
    const costMs = Math.max((requests * 1_000) / requestsPerSecond, (bytes / bytesPerSecond) * 1_000);
    this.#signal.throwIfAborted();
    this.#nextAt = Math.max(this.#nextAt, performance.now() - 100) + costMs;
    const waitMs = this.#nextAt - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: this.#signal });
    this.sent += requests;
  }
}
