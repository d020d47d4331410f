/**
 * The number of measurements of at most `upTo` seconds, including those in smaller buckets. `upTo`
 * of the last bucket is infinite.
 */
export interface Bucket {
  readonly upTo: number;
  readonly count: number;
}

/** The counts since `before`, which is empty at first. */
export function bucketsSince(before: readonly Bucket[], now: readonly Bucket[]): Bucket[] {
  return now.map(({ upTo, count }, index) => ({ upTo, count: count - (before[index]?.count ?? 0) }));
}

/**
 * The quantile of the measurements in seconds, computed as by Prometheus' `histogram_quantile`. The
 * measurements are assumed to be spread evenly within their bucket, and the result is at most the
 * last finite bound. Null if nothing was counted.
 */
export function quantileOf(buckets: readonly Bucket[], quantile: number): number | null {
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return null;
  const rank = quantile * total;
  const at = buckets.findIndex(({ count }) => count >= rank);
  const lower = at === 0 ? { upTo: 0, count: 0 } : buckets[at - 1]!;
  const { upTo, count } = buckets[at]!;
  if (upTo === Infinity) return lower.upTo;
  return lower.upTo + (upTo - lower.upTo) * ((rank - lower.count) / (count - lower.count));
}
