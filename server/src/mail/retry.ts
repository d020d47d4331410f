import type { QueuedMail } from './outbox.ts';

/** The first retry comes soon, since most failures are a connection lost; later ones doubling, so that a dead server is left alone. */
const delayMsMin = 1_000;
/** When the mail server is back, what waited for it is sent within so long. */
const delayMsMax = 60_000;
/** RFC 5321, 4.5.4.1: hosts are away for days. A mail server that stays away over a weekend loses nothing. */
const patienceMs = 3 * 24 * 60 * 60 * 1_000;
/** Refused for good is mostly meant so, but servers that start up say it too: these span about 20 s. */
const refusedAttemptsMax = 5;

/**
 * Milliseconds until a mail that failed is tried again, or null when it is given up.
 * @param chance 0 to 1: spreads those that failed together
 */
export function nextAttemptOf(
  { attempts, created_at }: Pick<QueuedMail, 'attempts' | 'created_at'>,
  isRefused: boolean,
  nowMs: number,
  chance: number,
): number | null {
  if (isRefused && attempts >= refusedAttemptsMax) return null;
  if (nowMs - Date.parse(created_at) > patienceMs) return null;
  const delayMs = Math.min(delayMsMax, delayMsMin * 2 ** Math.min(attempts - 1, 30));
  return delayMs * (0.5 + chance / 2);
}
