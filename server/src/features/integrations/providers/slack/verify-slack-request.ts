import { createHmac, timingSafeEqual } from 'node:crypto';

/** Slack repeats no request later than this. An older one is a replay. */
const ageSecondsMax = 5 * 60;

export interface SignedRequest {
  /** The header `X-Slack-Signature`. */
  readonly signature: string | undefined;
  /** The header `X-Slack-Request-Timestamp`, in seconds. */
  readonly timestamp: string | undefined;
  /** The body as it arrived. */
  readonly body: Buffer;
}

/**
 * Whether Slack sent this request now: HMAC-SHA256 over `v0:<timestamp>:<body>`.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 * @param now in milliseconds since 1970
 */
export function isSentBySlack({ signature, timestamp, body }: SignedRequest, signingSecret: string, now: number): boolean {
  if (signature === undefined || timestamp === undefined || !/^[0-9]{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now / 1_000 - Number(timestamp)) > ageSecondsMax) return false;
  const expected = Buffer.from(`v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:`).update(body).digest('hex')}`);
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
