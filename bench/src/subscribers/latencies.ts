/** Latencies in buckets of 0.1 ms, which is below the accuracy of two processes' clocks. */

const bucketUs = 100;
/** 10 s. A longer latency is counted in the last bucket. */
const bucketsMax = 100_000;

/** The buckets that are not empty: [bucket, count]. */
export type SparseLatencies = readonly (readonly [number, number])[];

export class Latencies {
  readonly #counts = new Uint32Array(bucketsMax);
  #total = 0;

  get count(): number {
    return this.#total;
  }

  record(latencyUs: number): void {
    const bucket = Math.min(bucketsMax - 1, Math.max(0, Math.floor(latencyUs / bucketUs)));
    this.#counts[bucket]!++;
    this.#total++;
  }

  add(sparse: SparseLatencies): void {
    for (const [bucket, count] of sparse) {
      this.#counts[bucket]! += count;
      this.#total += count;
    }
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  sparse(): SparseLatencies {
    const found: [number, number][] = [];
    this.#counts.forEach((count, bucket) => {
      if (count > 0) found.push([bucket, count]);
    });
    return found;
  }

  /**
   * The percentile in milliseconds, as the upper bound of its bucket. NaN if nothing was recorded.
   */
  percentile(percent: number): number {
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket < bucketsMax; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) return ((bucket + 1) * bucketUs) / 1_000;
    }
    return Number.NaN;
  }
}
