import { createHash } from 'node:crypto';
import { OrgError } from '@rollcall/protocol';
import ipaddr from 'ipaddr.js';
import { CompiledQuery, sql } from 'kysely';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Db } from '../../database/database.ts';
import { ExpiringMap } from '../../runtime/collections/expiring-map.ts';
import type { AttemptLimit } from '../../runtime/limits/attempt-limit.ts';
import { waitingLimits } from '../../runtime/limits/rows/waiting.ts';
import { KeyedSemaphore } from '../../runtime/limits/semaphore.ts';

/**
 * The time for which an exceeded limit is refused from memory. It is also the delay with which an
 * instance notices that another one has removed the attempts.
 */
const refusedFromMemoryMs = 250;

/**
 * Counts guesses and other repeated attempts in the database, which each of these attempts needs
 * anyway. The limits therefore hold across all instances, and without Redis.
 */
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
      waitingMax: waitingLimits.attemptsWaiting.value,
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
      points: limit.value,
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

function refusalOf({ value, windowSeconds, message }: AttemptLimit, msBeforeNext: number): OrgError {
  const frequency = `You are attempting to use this endpoint too frequently. Limit is ${value} requests in ${windowSeconds} seconds`;
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
