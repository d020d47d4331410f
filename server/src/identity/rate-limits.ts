import { OrgError } from '@rollcall/protocol';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Counters } from '../runtime/counters.ts';
import type { Limits } from '../runtime/limits.ts';

/**
 * Limits on requests (REST contract 1.4), shared by all instances where there is Redis. It is never waited for: what it does not
 * answer at once, each instance counts by itself.
 */

export type RateLimitSettings = Pick<Limits, 'requestsPerCredential' | 'requestsPerAddress' | 'memberRequests' | 'concurrentRequests'>;

export type RateLimitName = Exclude<keyof RateLimitSettings, 'concurrentRequests'>;

/**
 * One second for all: counts are forgotten so soon that a process holds no more of them than it answers requests in two
 * seconds, whatever addresses and tokens these come with: at 10,000 a second, of two counts each, some 10 MB.
 */
const windowSeconds = 1;

/**
 * What a refused credential counts for on its address: a hundred guesses a second at most of the 2,000 requests by
 * default. Honest programs seldom are wrong that often.
 */
export const refusedCredentialCost = 20;

/** How long counts to give back are gathered: short against the window. */
const giveBackMs = 100;

/** Where counts are shared, in the shape of a node-redis client. */
export interface SharedCounts {
  readonly isReady: boolean;
  eval(script: string, options: { keys: readonly string[]; arguments: readonly string[] }): Promise<unknown>;
}

/** How a count stands, after a request was counted. */
export interface Standing {
  readonly name: RateLimitName;
  readonly max: number;
  readonly remaining: number;
  /** Until it begins anew. */
  readonly resetMs: number;
  readonly isOver: boolean;
}

export class RateLimits {
  readonly settings: RateLimitSettings;
  readonly #counters: Counters;
  readonly #limiters: Readonly<Record<RateLimitName, RateLimiterMemory | RateLimiterRedis>>;
  readonly #underWay = new Map<string, number>();
  readonly #givenBack = new Map<string, { readonly name: RateLimitName; readonly key: string; readonly count: number }>();

  constructor(settings: RateLimitSettings, shared: SharedCounts | null, counters: Counters) {
    this.settings = settings;
    this.#counters = counters;
    const open = (name: RateLimitName) => openLimiter(name, settings[name], shared);
    this.#limiters = {
      requestsPerCredential: open('requestsPerCredential'),
      requestsPerAddress: open('requestsPerAddress'),
      memberRequests: open('memberRequests'),
    };
  }

  /** Counts, and tells how that stands. Never rejects for Redis, and never waits for it noticeably. */
  async count(name: RateLimitName, key: string, cost = 1): Promise<Standing> {
    const standing = (result: RateLimiterRes, isOver: boolean) => ({
      name,
      max: this.settings[name],
      remaining: result.remainingPoints,
      resetMs: Math.max(0, result.msBeforeNext),
      isOver,
    });
    try {
      return standing(await this.#limiters[name].consume(key, cost), false);
    } catch (error) {
      if (error instanceof RateLimiterRes) return standing(error, true);
      throw error;
    }
  }

  /** Takes a count back: what was counted turned out not to belong there. Gathered, so that a storm costs Redis ten of these a second. */
  giveBack(name: RateLimitName, key: string): void {
    if (this.#givenBack.size === 0) setTimeout(() => this.#flushGivenBack(), giveBackMs).unref();
    const keyed = `${name}:${key}`;
    const { count } = this.#givenBack.get(keyed) ?? { count: 0 };
    this.#givenBack.set(keyed, { name, key, count: count + 1 });
  }

  #flushGivenBack(): void {
    for (const { name, key, count } of this.#givenBack.values()) {
      // Lost with Redis, it would be forgotten within a second anyway.
      this.#limiters[name].reward(key, count).catch(() => {});
    }
    this.#givenBack.clear();
  }

  /** @throws OrgError `rate-limited` when over */
  assertWithin({ name, max, isOver, resetMs }: Standing): void {
    if (!isOver) return;
    this.#counters.increment('requestsLimited', 1, name);
    const detail = `You are attempting to use this endpoint too frequently. Limit is ${max} requests in ${windowSeconds} seconds`;
    throw new OrgError('rate-limited', detail, { retryAfterSeconds: Math.max(1, Math.ceil(resetMs / 1_000)) });
  }

  /** One more request is under way. Tells how many others may be, below 0 when it is one too many. */
  enter(key: string): number {
    const underWay = (this.#underWay.get(key) ?? 0) + 1;
    this.#underWay.set(key, underWay);
    return this.settings.concurrentRequests - underWay;
  }

  /** It is over, refused or not. */
  leave(key: string): void {
    const underWay = (this.#underWay.get(key) ?? 0) - 1;
    if (underWay > 0) this.#underWay.set(key, underWay);
    else this.#underWay.delete(key);
  }

  /** @throws OrgError `rate-limited` */
  refuseConcurrent(): never {
    this.#counters.increment('requestsLimited', 1, 'concurrent');
    const { concurrentRequests: concurrent } = this.settings;
    const detail = `You are attempting to go above the allowed concurrency for this endpoint. Concurrency limit is ${concurrent}`;
    throw new OrgError('rate-limited', detail, { retryAfterSeconds: 1 });
  }
}

function openLimiter(name: RateLimitName, points: number, shared: SharedCounts | null): RateLimiterMemory | RateLimiterRedis {
  const options = { keyPrefix: `limit:${name}`, points, duration: windowSeconds };
  const own = new RateLimiterMemory(options);
  if (shared === null) return own;
  return new RateLimiterRedis({
    ...options,
    storeClient: shared,
    useRedisPackage: true,
    rejectIfRedisNotReady: true,
    insuranceLimiter: own,
    // Whoever is over costs Redis nothing more.
    inMemoryBlockOnConsumed: points + 1,
  });
}
