import { OrgError } from '@rollcall/protocol';
import type { LimitName } from '../../runtime/limits/limits.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';

/** Counts the refusal of a request because too many of its caller's requests wait. */
export function tooManyWaiting(counters: Counters, limit: LimitName): OrgError {
  counters.increment('requestsLimited', 1, limit);
  return new OrgError('rate-limited', 'Too many of your requests are waiting. Try again shortly.', { retryAfterSeconds: 1 });
}
