import type { QueuedMail } from './outbox.ts';

/**
 * The first retry follows soon, because most failures are lost connections. The delay then doubles,
 * to spare a server that is down.
 */
const delayMsMin = 1_000;
/** The longest delay. When the mail server is up again, waiting mails are sent within this time. */
const delayMsMax = 60_000;
/**
 * RFC 5321, 4.5.4.1: hosts may be down for days. No mail is lost if a mail server is down over a
 * weekend.
 */
const patienceMs = 3 * 24 * 60 * 60 * 1_000;
/**
 * A permanent refusal is mostly final, but servers that are starting also send it. These attempts
 * span about 20 s.
 */
const refusedAttemptsMax = 5;

/**
 * The milliseconds until a failed mail is sent again, or null if it is given up.
 * @param chance 0 to 1: spreads the retries of mails that failed together
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
