import { createHash } from 'node:crypto';
import { OrgError } from '@rollcall/protocol';
import ipaddr from 'ipaddr.js';
import { CompiledQuery, sql } from 'kysely';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Db } from '../../database/database.ts';
import { ExpiringMap } from '../../runtime/collections/expiring-map.ts';
import { KeyedSemaphore } from '../../runtime/limits/semaphore.ts';

/**
 * Limits on guesses and on other repeated attempts. They are stored in the database, which each of
 * these attempts needs anyway. They therefore hold across all instances, and without Redis.
 */

export interface AttemptLimit {
  readonly name: string;
  readonly attemptsMax: number;
  readonly windowSeconds: number;
  /** The message of the refusal, if the contract defines one for this limit. */
  readonly message?: string;
}

/**
 * Limits password resets of an account. Each sends a mail to a person who may not have requested
 * it.
 */
export const resetsPerAccount: AttemptLimit = { name: 'reset-account', attemptsMax: 3, windowSeconds: 60 * 60 };
/**
 * Limits password resets from one IP address. It suffices for an office in which many people forget
 * their passwords over the holidays.
 */
export const resetsPerAddress: AttemptLimit = { name: 'reset-address', attemptsMax: 30, windowSeconds: 60 * 60 };
/** Mails to addresses that a user claims as theirs. Allows for some typing mistakes and retries. */
export const verificationsPerUser: AttemptLimit = { name: 'verification-user', attemptsMax: 10, windowSeconds: 60 * 60 };

/**
 * Limits new tokens with write scopes. Each sends a mail to the user. A script may create a token
 * for each of several machines, but not hundreds an hour.
 */
export const writingTokensPerUser: AttemptLimit = { name: 'token-user', attemptsMax: 100, windowSeconds: 60 * 60 };

/** Protects the mailbox of a stranger, regardless of how many users claim the address. */
export const verificationsPerAddress: AttemptLimit = { name: 'verification-address', attemptsMax: 10, windowSeconds: 60 * 60 };
export const verificationsPerUserDay: AttemptLimit = { name: 'verification-user-day', attemptsMax: 30, windowSeconds: 24 * 60 * 60 };
/**
 * Limits started setups of an authenticator app. Each draws an image, which blocks the process for
 * milliseconds.
 */
export const enrolmentsPerUser: AttemptLimit = { name: 'enrolment-user', attemptsMax: 20, windowSeconds: 15 * 60 };
/** Limits changes of second factors. Each ends sessions and sends a mail. */
export const factorChangesPerUser: AttemptLimit = { name: 'factor-change-user', attemptsMax: 20, windowSeconds: 60 * 60 };
/** Limits changes of the primary address. Each sends mails and updates all members of the user. */
export const primaryAddressesPerUser: AttemptLimit = { name: 'primary-address', attemptsMax: 20, windowSeconds: 60 * 60 };
/**
 * The removal of a token is a command in the server's own stream. An endless loop of creations and
 * removals would therefore cost all clients.
 */
export const userTokensPerUser: AttemptLimit = { name: 'user-token-user', attemptsMax: 100, windowSeconds: 60 * 60 };

/**
 * REST contract 13.4. Each attempt makes a key of this server, which takes about a second of CPU
 * time. The limit is per user, because one user can own hundreds of organizations.
 */
export const spKeysPerUser: AttemptLimit = { name: 'sp-key', attemptsMax: 10, windowSeconds: 60 * 60 };

/**
 * REST contract 13.4. Each attempt is a request to an address that the caller chose, or parses
 * XML, which blocks the event loop for up to some ten milliseconds.
 */
export const metadataReadsPerUser: AttemptLimit = { name: 'metadata', attemptsMax: 20, windowSeconds: 60 };

/** REST contract 13.6. Each attempt is a DNS look-up of a name that the caller chose. */
export const domainChecksPerDomain: AttemptLimit = { name: 'domain-check', attemptsMax: 10, windowSeconds: 60 * 60 };

/**
 * REST contract 13.10 and 13.12. Each attempt is a request to an address that the caller chose, or
 * a message that people read.
 */
export const webhookTestsPerOrganization: AttemptLimit = { name: 'webhook-test', attemptsMax: 20, windowSeconds: 60 };

/**
 * REST contract 13.10. Each attempt delivers up to the whole log again, and every delivery is kept
 * for weeks.
 */
export const webhookReplaysPerOrganization: AttemptLimit = { name: 'webhook-replay', attemptsMax: 20, windowSeconds: 60 * 60 };

/**
 * REST contract 13.12. Each attempt sends requests to a provider, which all organizations share. A
 * connection has up to three steps.
 */
export const installCallbacksPerUser: AttemptLimit = { name: 'install-callback', attemptsMax: 20, windowSeconds: 60 };

/**
 * REST contract 13.14. Each attempt reads a whole directory, and all organizations share the
 * readings at once. A person who corrects a directory reads it again some times an hour.
 */
export const directorySyncsPerOrganization: AttemptLimit = { name: 'directory-sync', attemptsMax: 20, windowSeconds: 60 * 60 };

/** REST contract 7.3. Each request sends a mail to people who did not ask for it. */
export const joinRequestsPerAddress: AttemptLimit = { name: 'join-request-address', attemptsMax: 5, windowSeconds: 24 * 60 * 60 };

/**
 * REST contract 5.4. Each organization has a feed, a log and a reserved name. The setup of a server
 * may create some hundreds at once. The operator API has no such limit.
 */
export const organizationsPerUser: AttemptLimit = {
  name: 'organization-user',
  attemptsMax: 500,
  windowSeconds: 60 * 60,
  message: 'You are attempting to create too many organizations too quickly.',
};

/**
 * The time for which an exceeded limit is refused from memory. It is also the delay with which an
 * instance notices that another one has removed the attempts.
 */
const refusedFromMemoryMs = 250;
/** Attempts of one key that wait for each other. One address can send about 20 a second. */
const waitingPerKeyMax = 100;

export class AttemptLimits {
  readonly #db: Db;
  readonly #limiters = new Map<AttemptLimit, RateLimiterPostgres>();
  /**
   * Attempts of one key update one row. They wait here for each other, so that they do not hold a
   * connection each while they wait for the lock of that row.
   */
  readonly #perKey = new KeyedSemaphore({
    concurrentMax: 1,
    inTotal: {
      waitingMax: waitingPerKeyMax,
      refusal: () => new OrgError('rate-limited', 'Too many attempts at once. Try again shortly.'),
    },
  });
  /** The ends of the windows of exceeded limits, by key, as `performance.now`. */
  readonly #exceeded = new ExpiringMap<number>();

  constructor(db: Db) {
    this.#db = db;
  }

  /** Counts an attempt. @throws OrgError `rate-limited` */
  async count(limit: AttemptLimit, key: string): Promise<void> {
    const counted = countedKey(limit, key);
    this.#assertNotExceeded(limit, counted);
    await this.#perKey.run(counted, async () => {
      this.#assertNotExceeded(limit, counted);
      try {
        await this.#limiterOf(limit).consume(digestOf(key));
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        throw this.#refuseFromMemory(limit, counted, error.msBeforeNext);
      }
    });
  }

  /**
   * Refuses an attempt without the database if this instance knows that the limit is exceeded.
   * @throws OrgError `rate-limited`
   */
  assertNotKnownExceeded(limit: AttemptLimit, key: string): void {
    this.#assertNotExceeded(limit, countedKey(limit, key));
  }

  #refuseFromMemory(limit: AttemptLimit, counted: string, msBeforeNext: number): OrgError {
    this.#exceeded.set(counted, performance.now() + msBeforeNext, Math.min(refusedFromMemoryMs, msBeforeNext));
    return refusalOf(limit, msBeforeNext);
  }

  /**
   * Refuses a caller with no attempts left, without counting one.
   * @throws OrgError `rate-limited`
   */
  async assertRemaining(limit: AttemptLimit, key: string): Promise<void> {
    const counted = countedKey(limit, key);
    this.#assertNotExceeded(limit, counted);
    const made = await this.#limiterOf(limit).get(digestOf(key));
    if (made !== null && made.remainingPoints <= 0) throw this.#refuseFromMemory(limit, counted, made.msBeforeNext);
  }

  #assertNotExceeded(limit: AttemptLimit, counted: string): void {
    const endsAt = this.#exceeded.get(counted);
    if (endsAt !== undefined) throw refusalOf(limit, endsAt - performance.now());
  }

  /**
   * Takes back an attempt that was not a wrong guess. Does nothing if no attempt is counted any
   * more.
   */
  async forgive(limit: AttemptLimit, key: string): Promise<void> {
    const counted = countedKey(limit, key);
    await this.#db
      .updateTable('attempt_limits')
      .set({ points: sql<number>`points - 1` })
      .where('key', '=', counted)
      .where('points', '>', 0)
      .execute();
    this.#exceeded.delete(counted);
  }

  /** Removes all counted attempts, because the caller has proved their identity. */
  async forget(limit: AttemptLimit, key: string): Promise<void> {
    await this.#limiterOf(limit).delete(digestOf(key));
    this.#exceeded.delete(countedKey(limit, key));
  }

  #limiterOf(limit: AttemptLimit): RateLimiterPostgres {
    const known = this.#limiters.get(limit);
    if (known) return known;
    const limiter = new RateLimiterPostgres({
      storeClient: { query: (query: Query) => this.#query(query) },
      storeType: 'client',
      tableName: 'attempt_limits',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: limit.name,
      points: limit.attemptsMax,
      duration: limit.windowSeconds,
    });
    this.#limiters.set(limit, limiter);
    return limiter;
  }

  async #query({ text, values }: Query): Promise<{ rows: unknown[]; rowCount: number }> {
    const { rows } = await this.#db.executeQuery(CompiledQuery.raw(text, values));
    return { rows, rowCount: rows.length };
  }
}

interface Query {
  readonly text: string;
  readonly values: unknown[];
}

function refusalOf({ attemptsMax, windowSeconds, message }: AttemptLimit, msBeforeNext: number): OrgError {
  const frequency = `You are attempting to use this endpoint too frequently. Limit is ${attemptsMax} requests in ${windowSeconds} seconds`;
  return new OrgError('rate-limited', message ?? frequency, { retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1_000)) });
}

/** The key of the row, as the library forms it. */
function countedKey(limit: AttemptLimit, key: string): string {
  return `${limit.name}:${digestOf(key)}`;
}

/** Keys have any length and may be addresses of people, so only a digest is stored. */
function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/**
 * The key under which an address is counted. For IPv6 it is the first 64 bits, because a client
 * that has one of these addresses can use all of them.
 */
export function networkOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  return ipaddr.IPv6.parse(address).toByteArray().slice(0, 8).join('.');
}
