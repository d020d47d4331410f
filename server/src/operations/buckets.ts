/** How many took at most `upTo` seconds, those of all smaller buckets included; the last one's `upTo` is infinite. */
export interface Bucket {
  readonly upTo: number;
  readonly count: number;
}

/** What was counted since `before`, which is empty at first. */
export function bucketsSince(before: readonly Bucket[], now: readonly Bucket[]): Bucket[] {
  return now.map(({ upTo, count }, index) => ({ upTo, count: count - (before[index]?.count ?? 0) }));
}

/**
 * The value, in seconds, that `quantile` of what was counted does not exceed, as Prometheus' `histogram_quantile` takes it:
 * spread evenly within its bucket, and no more than the last finite bound. Null when nothing was counted.
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
