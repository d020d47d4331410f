import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { OrgError } from '@rollcall/protocol';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { ExpiringMap } from '../../runtime/collections/expiring-map.ts';
import type { Limits } from '../../runtime/limits/limits.ts';
import { changeCount } from '../../runtime/metrics/change-count.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';

/**
 * Limits on requests (REST contract 1.4). With Redis, all instances share the counts. Requests
 * never wait for Redis: if it does not respond at once, each instance counts by itself.
 */

export type RateLimitSettings = Pick<Limits, 'requestsPerCredential' | 'requestsPerAddress' | 'memberRequests' | 'concurrentRequests'>;

export type RateLimitName = Exclude<keyof RateLimitSettings, 'concurrentRequests'>;

/**
 * The window of all limits, one second. It is short so that a process holds only the counts of the
 * last two seconds, regardless of the addresses and tokens of the requests. At 10,000 requests a
 * second with two counts each, this is about 10 MB.
 */
const windowSeconds = 1;

/**
 * The time for which counts that are taken back are collected into one call. It is short compared
 * to the window.
 */
const giveBackMs = 100;

/**
 * The milliseconds for which connections of one key wait to be counted together, if others of this
 * key were counted shortly before. A connection is counted for its network and for its credential,
 * so it waits at most twice as long, and longer for other work in a reconnect burst.
 */
const gatherMs = 10;

/** The store of the shared counts, with the interface of a node-redis client. */
export interface SharedCounts {
  readonly isReady: boolean;
  eval(script: string, options: { keys: readonly string[]; arguments: readonly string[] }): Promise<unknown>;
}

/** The state of a limit after a request was counted. */
export interface LimitState {
  readonly name: RateLimitName;
  readonly max: number;
  readonly remaining: number;
  /** Milliseconds until the window ends. */
  readonly resetMs: number;
  readonly isOver: boolean;
}

/** The requests of one key that are counted together. */
interface Gathered {
  readonly costs: number[];
  readonly states: Promise<readonly LimitState[]>;
}

export class RateLimits {
  readonly settings: RateLimitSettings;
  readonly #counters: Counters;
  readonly #limiters: Readonly<Record<RateLimitName, RateLimiterMemory | RateLimiterRedis>>;
  /** Callers over a limit, until their window ends. Their requests are refused without a count. */
  readonly #over = new ExpiringMap<{ readonly state: LimitState; readonly endsAt: number }>();
  readonly #gathered = new Map<string, Gathered>();
  /** The keys that were counted together in the last `gatherMs`, until `#rest` resolves. */
  readonly #counted = new Set<string>();
  #rest: Promise<void> | null = null;
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

  /**
   * Counts a request and returns the state of the limit. Never rejects because of Redis, and never
   * waits for it noticeably.
   */
  async count(name: RateLimitName, key: string, cost = 1): Promise<LimitState> {
    const [state] = await this.#countAll(name, key, [cost]);
    return state!;
  }

  /**
   * Counts a request as `count` does, but together with those of the same key and event-loop turn,
   * and with those that arrive while it waits for `gatherMs` at most. So a reconnect burst costs
   * Redis some hundred commands per second for each key.
   */
  async countTogether(name: RateLimitName, key: string): Promise<LimitState> {
    const keyed = `${name}:${key}`;
    const gathered = this.#gathered.get(keyed) ?? { costs: [], states: this.#countGathered(name, key, keyed) };
    this.#gathered.set(keyed, gathered);
    const index = gathered.costs.push(1) - 1;
    return (await gathered.states)[index]!;
  }

  async #countGathered(name: RateLimitName, key: string, keyed: string): Promise<LimitState[]> {
    await (this.#counted.has(keyed) ? this.#rest : setImmediate());
    const { costs } = this.#gathered.get(keyed)!;
    this.#gathered.delete(keyed);
    this.#counted.add(keyed);
    this.#rest ??= this.#restLater();
    return this.#countAll(name, key, costs);
  }

  async #restLater(): Promise<void> {
    await sleep(gatherMs, undefined, { ref: false });
    this.#counted.clear();
    this.#rest = null;
  }

  /** @returns the states as if the costs had been counted one after another */
  async #countAll(name: RateLimitName, key: string, costs: readonly number[]): Promise<LimitState[]> {
    const max = this.settings[name];
    const sum = costs.reduce((total, cost) => total + cost, 0);
    let isRefused = false;
    const result = await this.#limiters[name].consume(key, sum).catch((error: unknown) => {
      if (!(error instanceof RateLimiterRes)) throw error;
      isRefused = true;
      return error;
    });
    // While a key is known to be over its limit, its requests are refused without a count.
    const isCounted = !isRefused || result.consumedPoints > 0;
    let consumed = result.consumedPoints - sum;
    return costs.map((cost) => {
      consumed += cost;
      const isOver = !isCounted || consumed > max;
      const remaining = isCounted ? Math.max(0, max - consumed) : 0;
      const state = { name, max, remaining, resetMs: Math.max(0, result.msBeforeNext), isOver };
      return isOver ? this.#rememberOver(key, state) : state;
    });
  }

  /**
   * The state of a limit that the caller is known to have exceeded in the current window. Does not
   * count. Null if none is known.
   */
  knownOver(name: RateLimitName, key: string): LimitState | null {
    const over = this.#over.get(`${name}:${key}`);
    return over === undefined ? null : { ...over.state, resetMs: Math.max(0, over.endsAt - performance.now()) };
  }

  #rememberOver(key: string, state: LimitState): LimitState {
    this.#over.set(`${state.name}:${key}`, { state, endsAt: performance.now() + state.resetMs }, state.resetMs);
    return state;
  }

  /**
   * Takes back a request that turned out not to count towards this limit. The calls are batched, so
   * that a reconnect burst costs Redis only ten commands a second for each key.
   */
  giveBack(name: RateLimitName, key: string): void {
    if (this.#givenBack.size === 0) setTimeout(() => this.#flushGivenBack(), giveBackMs).unref();
    const keyed = `${name}:${key}`;
    const { count } = this.#givenBack.get(keyed) ?? { count: 0 };
    this.#givenBack.set(keyed, { name, key, count: count + 1 });
  }

  #flushGivenBack(): void {
    for (const { name, key, count } of this.#givenBack.values()) {
      // If Redis fails, the count is lost. It would expire within a second anyway.
      this.#limiters[name].reward(key, count).catch(() => {});
    }
    this.#givenBack.clear();
  }

  /** @throws OrgError `rate-limited` if the limit is exceeded */
  assertWithin(state: LimitState): void {
    if (!state.isOver) return;
    const { detail, retryAfterSeconds } = this.refuse(state);
    throw new OrgError('rate-limited', detail, { retryAfterSeconds });
  }

  /** Counts a refused request. Returns the response's detail and Retry-After. */
  refuse({ name, max, resetMs }: LimitState): { readonly detail: string; readonly retryAfterSeconds: number } {
    this.#counters.increment('requestsLimited', 1, name);
    return {
      detail: `You are attempting to use this endpoint too frequently. Limit is ${max} requests in ${windowSeconds} seconds`,
      retryAfterSeconds: Math.max(1, Math.ceil(resetMs / 1_000)),
    };
  }

  /**
   * Counts a request in progress. Returns the number of further requests that may be in progress,
   * below 0 if this one is too many.
   */
  enter(key: string): number {
    return this.settings.concurrentRequests - changeCount(this.#underWay, key, 1);
  }

  /** Ends a request in progress, refused or not. */
  leave(key: string): void {
    changeCount(this.#underWay, key, -1);
  }

  /** @throws OrgError `rate-limited` */
  refuseConcurrent(): never {
    this.#counters.increment('requestsLimited', 1, 'concurrent');
    const { concurrentRequests: concurrent } = this.settings;
    const detail = `You are attempting to go above the allowed concurrency for this endpoint. Concurrency limit is ${concurrent}`;
    throw new OrgError('rate-limited', detail, { retryAfterSeconds: 1 });
  }
}

/**
 * Counts a request, and returns the count and the time until the window ends. A longer time than a
 * window is shortened to one: the clock of Redis may be set back, and other programs may write the
 * key. Instances remember callers over a limit for this time.
 */
const countScript = `redis.call('set', KEYS[1], 0, 'EX', ARGV[2], 'NX')
local consumed = redis.call('incrby', KEYS[1], ARGV[1])
local ttl = redis.call('pttl', KEYS[1])
local windowMs = 1000 * ARGV[2]
if ttl < 0 or ttl > windowMs then
  redis.call('expire', KEYS[1], ARGV[2])
  ttl = windowMs
end
return {consumed, ttl}`;

function openLimiter(name: RateLimitName, points: number, shared: SharedCounts | null): RateLimiterMemory | RateLimiterRedis {
  const options = { keyPrefix: `limit:${name}`, points, duration: windowSeconds };
  const own = new RateLimiterMemory(options);
  if (shared === null) return own;
  return new RateLimiterRedis({
    ...options,
    storeClient: shared,
    useRedisPackage: true,
    customIncrTtlLuaScript: countScript,
    rejectIfRedisNotReady: true,
    insuranceLimiter: own,
    // Requests of a caller over the limit cost Redis nothing.
    inMemoryBlockOnConsumed: points + 1,
  });
}
