import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

/** A page repeats its requests, and any client can send any origin. */
const perMinuteMax = 10;
const minuteMs = 60_000;
/**
 * The longest origin that is logged. It is longer than the origin of any page that an operator
 * would allow.
 */
const originLengthMax = 100;

/**
 * Logs the origins of browser pages that the server refused, so that an operator finds the one that
 * `ALLOWED_ORIGINS` lacks. At most one line per origin and minute, and ten lines per minute.
 */
export class RefusedOrigins {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #logged = new Set<string>();
  #minuteBeganAt = Number.NEGATIVE_INFINITY;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  record(origin: string): void {
    const now = this.#clock.now();
    if (now - this.#minuteBeganAt >= minuteMs) {
      this.#minuteBeganAt = now;
      this.#logged.clear();
    }
    const shown = origin.slice(0, originLengthMax).replaceAll(/[^\x21-\x7e]/g, '?');
    if (this.#logged.size >= perMinuteMax || this.#logged.has(shown)) return;
    this.#logged.add(shown);
    this.#log.warn({ origin: shown }, 'refused a browser page whose origin is neither PUBLIC_URL nor in ALLOWED_ORIGINS');
  }
}
