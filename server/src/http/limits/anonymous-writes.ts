import { OrgError } from '@rollcall/protocol';
import type { Limits } from '../../runtime/limits/limits.ts';
import { Semaphore } from '../../runtime/limits/semaphore.ts';

/**
 * Admits writes of callers without a credential, a few at a time. Networks with waiting callers
 * take turns.
 */
export function openAnonymousWrites(limits: Limits): Semaphore {
  const overloaded = () => new OrgError('unavailable', 'Too many requests are waiting. Try again shortly.', { retryAfterSeconds: 2 });
  const refusal = () =>
    new OrgError('rate-limited', 'Too many requests from your IP address are waiting. Try again shortly.', { retryAfterSeconds: 2 });
  return new Semaphore({
    concurrentMax: limits.anonymousWrites,
    inTotal: { waitingMax: limits.anonymousWritesWaiting, refusal: overloaded },
    perKey: [{ waitingMax: limits.anonymousWritesWaitingPerAddress, refusal }],
  });
}
