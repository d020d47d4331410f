/** The first retry follows after 5 s. The delays then grow, and span about three days in all. */
export const defaultRetrySeconds: readonly number[] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400, 86_400];

/** A receiver can't postpone its events for longer than a day. */
const retryAfterSecondsMax = 86_400;

/**
 * The milliseconds from the failed attempt to the next one, or null after the last one.
 * @param attempts failed attempts, at least 1
 * @param retryAfterSeconds the least wait that the receiver requested, or 0
 * @param chance 0 to 1: varies the delay by 20%, so that not all consumers retry at the same time
 */
export function retryDelayMs(schedule: readonly number[], attempts: number, retryAfterSeconds: number, chance: number): number | null {
  const seconds = schedule[attempts - 1];
  if (seconds === undefined) return null;
  return 1_000 * Math.max(seconds * (0.8 + 0.4 * chance), Math.min(retryAfterSeconds, retryAfterSecondsMax));
}
