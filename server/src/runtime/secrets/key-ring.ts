import { createHmac, timingSafeEqual } from 'node:crypto';
import { deriveKey } from './derive-key.ts';

/**
 * The keys from SECRET and SECRET_PREVIOUS. The database names the one in use, so that all
 * instances seal and sign with the same key while they are restarted with another SECRET
 * (docs/adr/0055).
 */

/** 64 bits, enough to distinguish the few keys of an installation. */
const keyIdLength = 16;

/** Names the keys of a SECRET, and reveals nothing about them. */
export function keyIdOf(secret: string): string {
  return deriveKey(secret, 'key id').toString('hex').slice(0, keyIdLength);
}

/**
 * Keys that outlive a rotation, because what they were used for can't be computed again. They come
 * from the first SECRET, and are stored encrypted by the one in use.
 */
export interface LastingKeys {
  /** For digests at rest. */
  readonly digests: Buffer;
  /** For the addresses and external ids of erased users. */
  readonly erasedNames: Buffer;
  /** Not secret: the part of Redis channels and keys by which installations stay apart. */
  readonly busName: string;
}

export function lastingKeysOf(secret: string): LastingKeys {
  const bus = createHmac('sha256', deriveKey(secret, 'bus')).update('1\nprefix').digest('base64url');
  return { digests: deriveKey(secret, 'digests at rest'), erasedNames: deriveKey(secret, 'erased-name token'), busName: bus.slice(0, 12) };
}

/** The state of the keys in the database. */
export interface KeyState {
  /** The id of the key in use. */
  readonly current: string;
  /** The id of the first key, with which texts without a key id were made. */
  readonly first: string;
  readonly lasting: LastingKeys;
}

export class KeyRing {
  /** Without repetition. The first one is SECRET. */
  readonly #byId: ReadonlyMap<string, string>;
  readonly #configured: string;
  #state: KeyState;
  #problem: string | null = null;

  /** Until the database was read, SECRET counts as the first key, and as the one in use. */
  constructor(secret: string, previous: string | null = null) {
    this.#configured = keyIdOf(secret);
    this.#byId = new Map([secret, ...(previous === null ? [] : [previous])].map((one) => [keyIdOf(one), one]));
    this.#state = { current: this.#configured, first: this.#configured, lasting: lastingKeysOf(secret) };
  }

  /** The id of the key from SECRET, which a rotation puts in use. */
  get configured(): string {
    return this.#configured;
  }

  /** The ids of all keys of this instance, the one in use first. */
  get ids(): readonly string[] {
    return [this.current, ...[...this.#byId.keys()].filter((id) => id !== this.current)];
  }

  /** The id of the key in use. */
  get current(): string {
    return this.#state.current;
  }

  get lasting(): LastingKeys {
    return this.#state.lasting;
  }

  /** Why this instance can't open what is stored, or null. */
  get problem(): string | null {
    return this.#problem;
  }

  /** The secret in use. */
  get secret(): string {
    return this.#byId.get(this.#state.current)!;
  }

  /** The secret in use, and then the other one if there is one. */
  get secrets(): readonly string[] {
    return [this.secret, ...[...this.#byId.values()].filter((secret) => secret !== this.secret)];
  }

  /** @throws Error if neither SECRET nor SECRET_PREVIOUS has this id */
  secretOf(id: string): string {
    const secret = this.#byId.get(id);
    if (secret === undefined) throw new Error(`Neither SECRET nor SECRET_PREVIOUS is the one with the id ${id}.`);
    return secret;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** The key with which texts were made that don't name one. */
  get first(): string {
    return this.#state.first;
  }

  /** Uses the keys as the database states. The ring must have the key in use. */
  use(state: KeyState): void {
    this.secretOf(state.current);
    this.#state = state;
    this.#problem = null;
  }

  /** From now on, nothing is encrypted. It could not be opened by the other instances. */
  refuse(problem: string): void {
    this.#problem = problem;
  }
}

/** Compares in constant time. */
export function isSameDigest(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}
