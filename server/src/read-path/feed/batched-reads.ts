import { failsAnyStatement } from '../../database/translate-error.ts';
import type { Clock } from '../../runtime/clock.ts';

/** Batches that are read at the same time. While two are read, the next one gathers callers. */
const concurrentMax = 2;

interface Waiting<Key, Value> {
  readonly key: Key;
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/**
 * Read path: reads together what several callers need at the moment. No caller is held back to
 * gather others: a batch begins at the end of the event-loop turn, or when an earlier batch ends.
 * Each read begins after its call.
 */
export class BatchedReads<Key, Value> {
  readonly #clock: Clock;
  readonly #batchMax: number;
  readonly #readMany: (keys: readonly Key[]) => Promise<readonly Value[]>;
  #waiting: Waiting<Key, Value>[] = [];
  #running = 0;
  #isScheduled = false;

  /**
   * @param batchMax the number of keys in one batch
   * @param readMany returns a value for each key, in the order of the keys
   */
  constructor(clock: Clock, batchMax: number, readMany: (keys: readonly Key[]) => Promise<readonly Value[]>) {
    this.#clock = clock;
    this.#batchMax = batchMax;
    this.#readMany = readMany;
  }

  read(key: Key): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0 || this.#running === concurrentMax) return;
    this.#isScheduled = true;
    this.#clock.afterTurn(() => {
      this.#isScheduled = false;
      void this.#run(this.#waiting.splice(0, this.#batchMax));
      this.#schedule();
    });
  }

  /** Never rejects. */
  async #run(batch: readonly Waiting<Key, Value>[]): Promise<void> {
    this.#running++;
    await this.#serve(batch);
    this.#running--;
    this.#schedule();
  }

  /**
   * Rule R11: a key that can't be read, or not in time, fails alone. A batch that fails is
   * therefore read again in halves, unless the database is gone.
   */
  async #serve(batch: readonly Waiting<Key, Value>[]): Promise<void> {
    try {
      const values = await this.#readMany(batch.map(({ key }) => key));
      for (const [index, { resolve }] of batch.entries()) resolve(values[index]!);
    } catch (error) {
      if (batch.length === 1 || failsAnyStatement(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await this.#serve(batch.slice(0, half));
      await this.#serve(batch.slice(half));
    }
  }
}
