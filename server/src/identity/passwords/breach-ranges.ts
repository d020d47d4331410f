import { ExpiringMap } from '../../runtime/collections/expiring-map.ts';
import type { BreachSource } from './breached-passwords.ts';

/** The part of a hash that is sent. It reveals little: some 2,000 breached passwords share it. */
const prefixLength = 5;

/** A user who is refused tries again within minutes. A range has some 40 KB. */
const cachedMs = 10 * 60 * 1_000;
const cachedRangesMax = 50;

/** The rest of a hash, and how often the password was found. Padding has 0. */
const linePattern = /^([0-9A-F]{35}):([0-9]{1,12})$/i;

/**
 * A service with the range API of Have I Been Pwned. It gets the first five digits of a hash, and
 * returns the rest of all hashes that begin with them.
 */
export class BreachRanges implements BreachSource {
  readonly kind = 'url';
  readonly #readRange: (prefix: string) => Promise<string>;
  readonly #cached = new ExpiringMap<ReadonlySet<string>>();

  /** @param readRange returns the body of the response. Rejects for another status than 200. */
  constructor(readRange: (prefix: string) => Promise<string>) {
    this.#readRange = readRange;
  }

  async has(hash: string): Promise<boolean> {
    const prefix = hash.slice(0, prefixLength);
    const cached = this.#cached.get(prefix);
    const range = cached ?? parseRange(await this.#readRange(prefix));
    if (!cached && this.#cached.size < cachedRangesMax) this.#cached.set(prefix, range, cachedMs);
    return range.has(hash.slice(prefixLength));
  }
}

/** @throws Error for a response of another form, such as a page that asks to log in */
function parseRange(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue;
    const [, rest, count] = linePattern.exec(line) ?? [];
    if (rest === undefined) throw new Error('the response is not a list of hashes');
    if (Number(count) > 0) found.add(rest.toUpperCase());
  }
  return found;
}
