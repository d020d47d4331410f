import type { Clock } from '../clock.ts';

/**
 * The minimum time for which callers wait to share a query, so that they cause at most 100 queries
 * per second. A single caller does not wait.
 */
const gatherMsMin = 10;
/**
 * The longest time for which callers wait to share a query, during a reconnect burst, in which
 * callers keep arriving. A subscription waits for up to three shared reads, one after the other,
 * while it takes one of the 256 slots of its process. A longer time would therefore limit the rate
 * of the burst, and save few queries.
 */
const gatherMsMax = 100;
/**
 * The rate of callers that counts as a reconnect burst. 2,000 clients that ping every 5 s are below
 * it.
 */
const burstPerSecondUsual = 500;
/**
 * Below this rate, a reconnect burst is over. It is lower than the rate at which a burst begins,
 * because a busy machine admits the callers of a burst slowly.
 */
const burstEndPerSecondMax = 200;
/**
 * A reconnect burst arrives in waves of callers that were admitted together. Callers are remembered
 * for about this long, so that the burst does not end between two waves.
 */
const rememberedMs = 1_000;

export interface SharedReadsOptions {
  /**
   * The rate that counts as a reconnect burst. Lower it if callers don't repeat their reads, unlike
   * clients that ping.
   */
  readonly burstPerSecondMin?: number;
}

/**
 * Shares database reads between callers of about the same time. Every caller's read begins after
 * the call, and two queries serve any number of simultaneous callers. A reconnect burst of
 * thousands that lasts seconds costs ten queries per second (rule R10).
 */
export class SharedReads<Value> {
  readonly #clock: Clock;
  readonly #readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;
  readonly #burstPerSecondMin: number;
  #running: Promise<unknown> = Promise.resolve();
  #lastBeganAt = Number.NEGATIVE_INFINITY;
  #gatherMs = gatherMsMin;
  /** The number of callers. A caller counts less as time passes. */
  #remembered = 0;
  #next: Round<Value> | null = null;

  /** @param readMany omits keys that it does not find; rejects while the database is unreachable */
  constructor(
    clock: Clock,
    readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
    { burstPerSecondMin = burstPerSecondUsual }: SharedReadsOptions = {},
  ) {
    this.#clock = clock;
    this.#readMany = readMany;
    this.#burstPerSecondMin = burstPerSecondMin;
  }

  async read(keys: Iterable<string>): Promise<ReadonlyMap<string, Value>> {
    return this.#join(keys).values;
  }

  /**
   * Lets the waiting callers be served as soon as no other read is in progress, without gathering
   * more of them.
   */
  beginNow(): void {
    this.#next?.begin();
  }

  #join(keys: Iterable<string>): Round<Value> {
    this.#next ??= this.#schedule();
    this.#next.callers++;
    for (const key of keys) this.#next.keys.add(key);
    return this.#next;
  }

  #schedule(): Round<Value> {
    let begin = () => {};
    const isRequested = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const round: Round<Value> = {
      keys: new Set(),
      callers: 0,
      begin,
      values: this.#running.then(async () => {
        await this.#gather(isRequested);
        this.#next = null;
        this.#adapt(round.callers);
        return this.#readMany([...round.keys]);
      }),
    };
    this.#running = round.values.catch(() => {});
    return round;
  }

  /** Resolves when this round has gathered long enough, or at once on request. */
  async #gather(isRequested: Promise<void>): Promise<void> {
    const waitMs = this.#lastBeganAt + this.#gatherMs - this.#clock.now();
    if (waitMs <= 0) return;
    let cancel = () => {};
    const isOver = new Promise<void>((resolve) => {
      cancel = this.#clock.after(waitMs, resolve);
    });
    await Promise.race([isOver, isRequested]);
    cancel();
  }

  #adapt(callers: number): void {
    const now = this.#clock.now();
    const elapsedMs = now - this.#lastBeganAt;
    this.#lastBeganAt = now;
    this.#remembered = this.#remembered * Math.exp(-elapsedMs / rememberedMs) + callers;
    const perSecond = (callers * 1_000) / elapsedMs;
    const rememberedPerSecond = (this.#remembered * 1_000) / rememberedMs;
    if (perSecond >= this.#burstPerSecondMin) this.#gatherMs = gatherMsMax;
    else if (rememberedPerSecond >= this.#burstPerSecondMin) return;
    else if (Math.max(perSecond, rememberedPerSecond) >= burstEndPerSecondMax) this.#gatherMs = Math.max(gatherMsMin, this.#gatherMs / 2);
    else this.#gatherMs = gatherMsMin;
  }
}

interface Round<Value> {
  readonly keys: Set<string>;
  callers: number;
  begin(): void;
  readonly values: Promise<ReadonlyMap<string, Value>>;
}
