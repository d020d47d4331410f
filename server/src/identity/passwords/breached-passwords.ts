import { createHash } from 'node:crypto';
import type { Log } from '../../runtime/log.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';

/**
 * A source of the SHA-1 hashes of passwords that were published after breaches. SHA-1 is the hash
 * of such lists. Nothing here depends on its strength.
 */
export interface BreachSource {
  /** `url` or `list`, for the metric. */
  readonly kind: string;
  /** @param hash 40 hexadecimal digits in upper case */
  has(hash: string): Promise<boolean>;
}

/** Compares new passwords with those of known breaches (NIST SP 800-63B section 3.1.1.2). */
export class BreachedPasswords {
  readonly #source: BreachSource | null;
  readonly #counters: Counters;
  readonly #log: Log;

  /** @param source null compares with nothing */
  constructor(source: BreachSource | null, counters: Counters, log: Log) {
    this.#source = source;
    this.#counters = counters;
    this.#log = log;
  }

  /**
   * Whether the password is known from a breach. While the source is unavailable, every password is
   * accepted: users must be able to replace a stolen one.
   */
  async has(password: string): Promise<boolean> {
    const source = this.#source;
    if (source === null) return false;
    try {
      const isFound = await source.has(createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase());
      this.#counters.increment('breachLookups', 1, isFound ? 'found' : 'not-found');
      return isFound;
    } catch (error) {
      this.#counters.increment('breachLookups', 1, 'unavailable');
      this.#log.warn({ source: source.kind, error: String(error) }, 'could not compare a new password with those of known breaches');
      return false;
    }
  }
}
