/** Full jitter: any time up to a bound that doubles, so that a thousand clients that lost one server don't return as one. */
export const reconnectBaseMs = 500;
export const reconnectMsMax = 30_000;

/** @param attempt from 0 */
export function backoffMs(attempt: number, random: () => number): number {
  return random() * Math.min(reconnectMsMax, reconnectBaseMs * 2 ** Math.min(attempt, 16));
}

/** A time within the range a server asked for. */
export function msWithin([lowest, highest]: readonly [number, number], random: () => number): number {
  return lowest + random() * Math.max(0, highest - lowest);
}
