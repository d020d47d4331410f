import { OrgError } from '@rollcall/protocol';
import type { Limits } from '../../runtime/limits/limits.ts';
import { Semaphore } from '../../runtime/limits/semaphore.ts';
import { defaultPasswordCost, type PasswordCost } from './password-cost.ts';
import { hashPassword, isCheaperThan, verifyPassword } from './passwords.ts';

export type PasswordPoolLimits = Pick<
  Limits,
  'passwordHashes' | 'passwordsWaiting' | 'passwordsWaitingPerAddress' | 'passwordsWaitingPerAccount'
>;

/** The resources of the machine. */
export interface PasswordPoolMachine {
  readonly cores: number;
  /** The threads of libuv, which file access and name resolution also need. */
  readonly threads: number;
}

/** The origin of a request for a hash. The fair queue distinguishes requests by it. */
export interface HashOrigin {
  /** As returned by `networkOf`. */
  readonly network: string;
  /** The subject of the hash: an account, a known device of an account, a session or a link. */
  readonly account: string;
  /** Aborted when the caller disconnects. A queued hash is then not computed. */
  readonly closed?: AbortSignal;
}

/**
 * Computes a few password hashes at a time, because by default each takes tens of milliseconds of
 * one core, and 19 MiB. The queue is fair between networks and between accounts, so a flood from
 * one network or for one account delays others by one hash. After a wrong password its network
 * rests for as long as the hash took, `restMsMax` at most. Unless the machine is overloaded, its
 * guesses are therefore computed about half of the time, several at once.
 */
export class PasswordPool {
  readonly #semaphore: Semaphore;
  readonly #cost: PasswordCost;
  #unusableHash: Promise<string> | null = null;

  constructor(limits: PasswordPoolLimits, { cores, threads }: PasswordPoolMachine, cost: PasswordCost = defaultPasswordCost) {
    this.#cost = cost;
    this.#semaphore = new Semaphore({
      concurrentMax: Math.max(1, Math.min(limits.passwordHashes, cores - 1, threads - 1)),
      inTotal: { waitingMax: limits.passwordsWaiting, refusal: overloaded },
      perKey: [
        { waitingMax: limits.passwordsWaitingPerAddress, refusal: () => tooMany('your address') },
        { waitingMax: limits.passwordsWaitingPerAccount, refusal: () => tooMany('this account') },
      ],
    });
  }

  get use(): { readonly computing: number; readonly waiting: number } {
    const { running, waiting } = this.#semaphore.use;
    return { computing: running, waiting };
  }

  /**
   * @throws OrgError `rate-limited` or `unavailable` if the queue is full. Nothing was computed
   * then.
   */
  hash(password: string, origin: HashOrigin): Promise<string> {
    return this.#compute(origin, () => hashPassword(password, this.#cost));
  }

  /**
   * Compares a password with a hash. For null it compares with a hash that no password has, which
   * takes as long.
   * @throws OrgError as `hash`
   */
  verify(passwordHash: string | null, password: string, origin: HashOrigin): Promise<boolean> {
    const compare = async () => {
      this.#unusableHash ??= hashPassword(crypto.randomUUID(), this.#cost);
      return (await verifyPassword(passwordHash ?? (await this.#unusableHash), password)) && passwordHash !== null;
    };
    return this.#compute(origin, compare, (isRight) => !isRight);
  }

  /**
   * Hashes a password again if its stored hash took less work than the settings demand. Null
   * otherwise, also while the queue is full: a later login hashes it. A costlier hash stays, so
   * that instances with different settings don't replace each other's hashes in turn.
   */
  async raise(passwordHash: string, password: string, origin: HashOrigin): Promise<string | null> {
    if (!isCheaperThan(this.#cost, passwordHash)) return null;
    return this.hash(password, origin).catch(() => null);
  }

  #compute<T>({ network, account, closed }: HashOrigin, work: () => Promise<T>, mustRest?: (result: T) => boolean): Promise<T> {
    return this.#semaphore.run(work, { keys: [network, account], closed, ...(mustRest && { mustRest }) });
  }
}

function tooMany(whose: string): OrgError {
  return new OrgError('rate-limited', `Too many passwords of ${whose} are being checked. Try again shortly.`, { retryAfterSeconds: 2 });
}

function overloaded(): OrgError {
  return new OrgError('unavailable', 'The server is checking too many passwords. Try again shortly.', { retryAfterSeconds: 5 });
}
