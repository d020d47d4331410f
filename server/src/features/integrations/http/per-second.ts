/**
 * Counts requests of a key, on this instance. Returns whether there are more than `max` in this
 * second.
 */
export function limitPerSecond(max: number): (key: string) => boolean {
  const counts = new Map<string, number>();
  let second = 0;
  return (key) => {
    const now = Math.floor(Date.now() / 1_000);
    if (now !== second) counts.clear();
    second = now;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count > max;
  };
}
