/** Full jitter: any time up to a bound that doubles, so that a thousand clients that lost one server don't return as one. */
export const reconnectBaseMs = 500;
export const reconnectMsMax = 30_000;

/** An outage of fewer tries, some 30 s, may be a restart: a client must not miss the server's return by more than `restartMsMax`. */
const restartTries = 32;
export const restartMsMax = 2_000;

/** @param attempt from 0 */
export function backoffMs(attempt: number, random: () => number): number {
  return random() * boundMs(attempt);
}

/** Until the next try to connect: the bound stays at `restartMsMax` while the outage may be a restart, then doubles again. */
export function reconnectMs(attempt: number, random: () => number): number {
  const bound = attempt < restartTries ? Math.min(restartMsMax, boundMs(attempt)) : boundMs(attempt - restartTries + 3);
  return random() * bound;
}

function boundMs(doublings: number): number {
  return Math.min(reconnectMsMax, reconnectBaseMs * 2 ** Math.min(doublings, 16));
}

/** A time within the range a server asked for. */
export function msWithin([lowest, highest]: readonly [number, number], random: () => number): number {
  return lowest + random() * Math.max(0, highest - lowest);
}
