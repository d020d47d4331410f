/**
 * Full jitter: a random delay below a bound that doubles. A thousand clients that lost the same
 * server don't reconnect at once.
 */
export const reconnectBaseMs = 500;
export const reconnectMsMax = 30_000;

/**
 * An outage shorter than this number of attempts (about 30 s) may be a restart. A client must
 * notice the server's return within `restartMsMax`.
 */
const restartTries = 32;
export const restartMsMax = 2_000;

/** @param attempt starts at 0 */
export function backoffMs(attempt: number, random: () => number): number {
  return random() * boundMs(attempt);
}

/**
 * The delay before the next connection attempt. The bound stays at `restartMsMax` while the outage
 * may be a restart, then doubles again.
 */
export function reconnectMs(attempt: number, random: () => number): number {
  const bound = attempt < restartTries ? Math.min(restartMsMax, boundMs(attempt)) : boundMs(attempt - restartTries + 3);
  return random() * bound;
}

function boundMs(doublings: number): number {
  return Math.min(reconnectMsMax, reconnectBaseMs * 2 ** Math.min(doublings, 16));
}

/** A random time within the range that the server requested. */
export function msWithin([lowest, highest]: readonly [number, number], random: () => number): number {
  return lowest + random() * Math.max(0, highest - lowest);
}
