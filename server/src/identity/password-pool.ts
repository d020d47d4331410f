import { OrgError } from '@rollcall/protocol';
import { FairLines, type Waiter } from '../runtime/fair-lines.ts';
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

interface WaitingHash extends Waiter {
  enter(): void;
  refuse(error: OrgError): void;
}

/**
 * Computes password hashes, few at a time: each takes tens of milliseconds of one core and 19 MiB. What waits is served
 * by turns, of networks and of accounts, so that a flood from one network or for one account delays others by one hash.
 */
export class PasswordPool {
  readonly #limits: PasswordPoolLimits;
  readonly #concurrentMax: number;
  readonly #waiting = new FairLines<WaitingHash>(2);
  #underWay = 0;
  #unusableHash: Promise<string> | null = null;

  constructor(limits: PasswordPoolLimits, { cores, threads }: PasswordPoolMachine) {
    this.#limits = limits;
    this.#concurrentMax = Math.max(1, Math.min(limits.passwordHashes, cores - 1, threads - 1));
  }

  get use(): { readonly computing: number; readonly waiting: number } {
    return { computing: this.#underWay, waiting: this.#waiting.size };
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

  async #compute<T>(whom: HashFor, work: () => Promise<T>): Promise<T> {
    await this.#enter(whom);
    try {
      return await work();
    } finally {
      const next = this.#waiting.take();
      if (next) next.enter();
      else this.#underWay--;
    }
  }

  async #enter({ network, account, closed }: HashFor): Promise<void> {
    if (closed?.aborted) throw callerGone();
    if (this.#underWay < this.#concurrentMax) {
      this.#underWay++;
      return;
    }
    this.#assertRoom(network, account);
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        if (this.#waiting.remove(waiting)) waiting.refuse(callerGone());
      };
      const waiting: WaitingHash = {
        keys: [network, account],
        enter() {
          closed?.removeEventListener('abort', leave);
          resolve();
        },
        refuse(error) {
          closed?.removeEventListener('abort', leave);
          reject(error);
        },
      };
      closed?.addEventListener('abort', leave);
      this.#waiting.add(waiting);
    });
  }

  /** When the queue is full, the network that has the most waiting gives up its latest place to one that has fewer. */
  #assertRoom(network: string, account: string): void {
    const { passwordsWaiting, passwordsWaitingPerAddress, passwordsWaitingPerAccount } = this.#limits;
    if (this.#waiting.sizeOf(0, network) >= passwordsWaitingPerAddress) throw tooMany('your address');
    if (this.#waiting.sizeOf(1, account) >= passwordsWaitingPerAccount) throw tooMany('this account');
    if (this.#waiting.size < passwordsWaiting) return;
    const latest = this.#waiting.latestOfLongest()!;
    if (this.#waiting.sizeOf(0, latest.keys[0]!) <= this.#waiting.sizeOf(0, network) + 1) throw overloaded();
    this.#waiting.remove(latest);
    latest.refuse(overloaded());
  }
}

function tooMany(whose: string): OrgError {
  return new OrgError('rate-limited', `Too many passwords of ${whose} are being checked. Try again shortly.`, { retryAfterSeconds: 2 });
}

function overloaded(): OrgError {
  return new OrgError('unavailable', 'The server is checking too many passwords. Try again shortly.', { retryAfterSeconds: 5 });
}

function callerGone(): OrgError {
  return new OrgError('unavailable', 'The caller closed the connection.');
}
