import { createHash } from 'node:crypto';
import { OrgError } from '@rollcall/protocol';
import ipaddr from 'ipaddr.js';
import { CompiledQuery, sql } from 'kysely';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Db } from '../database/database.ts';

/**
 * Limits on guessing. They are kept in the database, which each of these attempts needs anyway: they then hold over all
 * instances, and over the loss of Redis too.
 */

export interface AttemptLimit {
  readonly name: string;
  readonly attemptsMax: number;
  readonly windowSeconds: number;
  /** What who is over it is told, where the contract has words of its own. */
  readonly message?: string;
}

/** Each is a mail to somebody who may not have asked for it. */
export const resetsPerAccount: AttemptLimit = { name: 'reset-account', attemptsMax: 3, windowSeconds: 60 * 60 };
/** An office whose people forget their passwords over the holidays. */
export const resetsPerAddress: AttemptLimit = { name: 'reset-address', attemptsMax: 30, windowSeconds: 60 * 60 };
/** Mails to addresses that a user says are theirs: a typing mistake or two, and asking again. */
export const verificationsPerUser: AttemptLimit = { name: 'verification-user', attemptsMax: 10, windowSeconds: 60 * 60 };

/** Each is a mail to the user. A script makes a token for each of some machines; nobody needs hundreds an hour. */
export const writingTokensPerUser: AttemptLimit = { name: 'token-user', attemptsMax: 100, windowSeconds: 60 * 60 };

/** A stranger's mailbox, however many users say that the address is theirs. */
export const verificationsPerAddress: AttemptLimit = { name: 'verification-address', attemptsMax: 10, windowSeconds: 60 * 60 };
export const verificationsPerUserDay: AttemptLimit = { name: 'verification-user-day', attemptsMax: 30, windowSeconds: 24 * 60 * 60 };
/** Each draws an image, which keeps the process busy for milliseconds. */
export const enrolmentsPerUser: AttemptLimit = { name: 'enrolment-user', attemptsMax: 20, windowSeconds: 15 * 60 };
/** Each ends sessions and is mailed. */
export const factorChangesPerUser: AttemptLimit = { name: 'factor-change-user', attemptsMax: 20, windowSeconds: 60 * 60 };
/** Removing a token is a command of the server's own stream, so making and removing them without end is work for all. */
export const userTokensPerUser: AttemptLimit = { name: 'user-token-user', attemptsMax: 100, windowSeconds: 60 * 60 };

/** REST contract 7.3. Each is a mail to people who did not ask for it. */
export const joinRequestsPerAddress: AttemptLimit = { name: 'join-request-address', attemptsMax: 5, windowSeconds: 24 * 60 * 60 };

/**
 * REST contract 5.4. Each has a feed, a log and a name that nobody else can have. Whoever sets a server up makes some hundreds at
 * once, and by the operator API as many as they like.
 */
export const organizationsPerUser: AttemptLimit = {
  name: 'organization-user',
  attemptsMax: 500,
  windowSeconds: 60 * 60,
  message: 'You are attempting to create too many organizations too quickly.',
};

export class AttemptLimits {
  readonly #db: Db;
  readonly #limiters = new Map<AttemptLimit, RateLimiterPostgres>();

  constructor(db: Db) {
    this.#db = db;
  }

  /** Counts an attempt. @throws OrgError `rate-limited` */
  async count(limit: AttemptLimit, key: string): Promise<void> {
    try {
      await this.#limiterOf(limit).consume(digestOf(key));
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const frequency = `You are attempting to use this endpoint too frequently. Limit is ${limit.attemptsMax} requests in ${limit.windowSeconds} seconds`;
      throw new OrgError('rate-limited', limit.message ?? frequency, {
        retryAfterSeconds: Math.max(1, Math.ceil(error.msBeforeNext / 1_000)),
      });
    }
  }

  /** Takes an attempt back that was no wrong guess. Where none is counted any more, nothing changes. */
  async forgive(limit: AttemptLimit, key: string): Promise<void> {
    await this.#db
      .updateTable('attempt_limits')
      .set({ points: sql<number>`points - 1` })
      .where('key', '=', `${limit.name}:${digestOf(key)}`)
      .where('points', '>', 0)
      .execute();
  }

  /** Forgets all attempts: whoever they were of has shown who they are. */
  async forget(limit: AttemptLimit, key: string): Promise<void> {
    await this.#limiterOf(limit).delete(digestOf(key));
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

/** Keys are of any length and may be addresses of people: what is kept is neither. */
function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** What an address counts as: of IPv6 the first 64 bits, since whoever has one address there has them all. */
export function networkOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  return ipaddr.IPv6.parse(address).toByteArray().slice(0, 8).join('.');
}
