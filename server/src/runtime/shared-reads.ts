import type { Clock } from './clock.ts';

/** Gathered this long, callers cost 100 queries a second at most. Whoever comes alone does not wait. */
const gatherMsMin = 10;
/** In a storm callers never stop coming, and are gathered longer and longer: whoever comes back after a loss can wait a second more. */
const gatherMsMax = 1_000;
const gatherGrowth = 32;
/** So many callers a second are a storm: 2,000 clients that ping every 5 s are not. */
const stormPerSecondUsual = 500;
/** A storm that a busy machine lets in slowly is not over: below this it is. */
const ebbPerSecondMin = 200;
/** A storm comes in gusts, of those who were let in together. Callers count for about this long, so that it is not over between two. */
const rememberedMs = 1_000;

export interface SharedReadsOptions {
  /** Lower where nobody asks again and again, as clients that ping do. */
  readonly stormPerSecondMin?: number;
}

/**
 * Reads from the database for many who ask at about the same time: every caller's read begins after the call, and
 * however many call at once, two queries serve them all. A storm of thousands that lasts seconds costs a handful (rule R10).
 */
export class SharedReads<Value> {
  readonly #clock: Clock;
  readonly #readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;
  readonly #stormPerSecondMin: number;
  #running: Promise<unknown> = Promise.resolve();
  #lastBeganAt = Number.NEGATIVE_INFINITY;
  #gatherMs = gatherMsMin;
  /** Callers, each counting less the longer ago they came. */
  #remembered = 0;
  #next: Round<Value> | null = null;

  /** @param readMany what is not found is absent from its answer; rejects while the database is unreachable */
  constructor(
    clock: Clock,
    readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
    { stormPerSecondMin = stormPerSecondUsual }: SharedReadsOptions = {},
  ) {
    this.#clock = clock;
    this.#readMany = readMany;
    this.#stormPerSecondMin = stormPerSecondMin;
  }

  async read(keys: Iterable<string>): Promise<ReadonlyMap<string, Value>> {
    return this.#join(keys).values;
  }

  /** Gathers nobody: begins as soon as no other read is under way, and serves those who have gathered by then. */
  async readNow(keys: Iterable<string>): Promise<ReadonlyMap<string, Value>> {
    const round = this.#join(keys);
    round.begin();
    return round.values;
  }

  #join(keys: Iterable<string>): Round<Value> {
    this.#next ??= this.#schedule();
    this.#next.callers++;
    for (const key of keys) this.#next.keys.add(key);
    return this.#next;
  }

  #schedule(): Round<Value> {
    let begin = () => {};
    const isAskedFor = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const round: Round<Value> = {
      keys: new Set(),
      callers: 0,
      begin,
      values: this.#running.then(async () => {
        await this.#gather(isAskedFor);
        this.#next = null;
        this.#adapt(round.callers);
        return this.#readMany([...round.keys]);
      }),
    };
    this.#running = round.values.catch(() => {});
    return round;
  }

  /** Resolves when this round has gathered long enough, or at once when asked for. */
  async #gather(isAskedFor: Promise<void>): Promise<void> {
    const waitMs = this.#lastBeganAt + this.#gatherMs - this.#clock.now();
    if (waitMs <= 0) return;
    let cancel = () => {};
    const isOver = new Promise<void>((resolve) => {
      cancel = this.#clock.after(waitMs, resolve);
    });
    await Promise.race([isOver, isAskedFor]);
    cancel();
  }

  #adapt(callers: number): void {
    const now = this.#clock.now();
    const elapsedMs = now - this.#lastBeganAt;
    this.#lastBeganAt = now;
    this.#remembered = this.#remembered * Math.exp(-elapsedMs / rememberedMs) + callers;
    const perSecond = (callers * 1_000) / elapsedMs;
    const rememberedPerSecond = (this.#remembered * 1_000) / rememberedMs;
    if (perSecond >= this.#stormPerSecondMin) this.#gatherMs = Math.min(gatherMsMax, this.#gatherMs * gatherGrowth);
    else if (rememberedPerSecond >= this.#stormPerSecondMin) return;
    else if (Math.max(perSecond, rememberedPerSecond) >= ebbPerSecondMin) this.#gatherMs = Math.max(gatherMsMin, this.#gatherMs / 2);
    else this.#gatherMs = gatherMsMin;
  }
}

interface Round<Value> {
  readonly keys: Set<string>;
  callers: number;
  begin(): void;
  readonly values: Promise<ReadonlyMap<string, Value>>;
}
