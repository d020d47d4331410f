import { OrgError } from '@rollcall/protocol';
import { FairGate } from '../runtime/fair-gate.ts';
import type { Limits } from '../runtime/limits.ts';
import { hashPassword, verifyPassword } from './passwords.ts';

export type PasswordPoolLimits = Pick<
  Limits,
  'passwordHashes' | 'passwordsWaiting' | 'passwordsWaitingPerAddress' | 'passwordsWaitingPerAccount'
>;

/** What a machine gives to hashing. */
export interface PasswordPoolMachine {
  readonly cores: number;
  /** Threads of libuv, which files and name look-ups need too. */
  readonly threads: number;
}

/** Whom a hash is computed for. */
export interface HashFor {
  /** As `networkOf` gives it. */
  readonly network: string;
  /** What the hash is about: an account, a device that it knows, a session or a link. */
  readonly account: string;
  /** Aborts when the caller is gone: what still waits is then not computed. */
  readonly closed?: AbortSignal;
}

/**
 * Computes password hashes, few at a time: each takes tens of milliseconds of one core and 19 MiB. What waits is served
 * by turns, of networks and of accounts, so that a flood from one network or for one account delays others by one hash.
 */
export class PasswordPool {
  readonly #gate: FairGate;
  #unusableHash: Promise<string> | null = null;

  constructor(limits: PasswordPoolLimits, { cores, threads }: PasswordPoolMachine) {
    this.#gate = new FairGate({
      concurrentMax: Math.max(1, Math.min(limits.passwordHashes, cores - 1, threads - 1)),
      waitingMax: limits.passwordsWaiting,
      perKey: [
        { waitingMax: limits.passwordsWaitingPerAddress, refusal: () => tooMany('your address') },
        { waitingMax: limits.passwordsWaitingPerAccount, refusal: () => tooMany('this account') },
      ],
      overloaded,
    });
  }

  get use(): { readonly computing: number; readonly waiting: number } {
    const { running, waiting } = this.#gate.use;
    return { computing: running, waiting };
  }

  /** @throws OrgError `rate-limited` or `unavailable` when too many wait; nothing was computed then */
  hash(password: string, whom: HashFor): Promise<string> {
    return this.#compute(whom, () => hashPassword(password));
  }

  /**
   * Compares with a hash, or, for null, with one that no password has: that takes as long.
   * @throws OrgError as `hash`
   */
  verify(passwordHash: string | null, password: string, whom: HashFor): Promise<boolean> {
    return this.#compute(whom, async () => {
      this.#unusableHash ??= hashPassword(crypto.randomUUID());
      return (await verifyPassword(passwordHash ?? (await this.#unusableHash), password)) && passwordHash !== null;
    });
  }

  #compute<T>({ network, account, closed }: HashFor, work: () => Promise<T>): Promise<T> {
    return this.#gate.run([network, account], closed, work);
  }
}

function tooMany(whose: string): OrgError {
  return new OrgError('rate-limited', `Too many passwords of ${whose} are being checked. Try again shortly.`, { retryAfterSeconds: 2 });
}

function overloaded(): OrgError {
  return new OrgError('unavailable', 'The server is checking too many passwords. Try again shortly.', { retryAfterSeconds: 5 });
}
