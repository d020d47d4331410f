import { OrgError } from '@rollcall/protocol';
import { FairSemaphore } from '../../runtime/fair-semaphore.ts';
import type { Limits } from '../../runtime/limits.ts';

/**
 * Admits writes of callers without a credential, a few at a time. Networks with waiting callers
 * take turns.
 */
export function openAnonymousWrites(limits: Limits): FairSemaphore {
  const refusal = () =>
    new OrgError('rate-limited', 'Too many requests from your IP address are waiting. Try again shortly.', { retryAfterSeconds: 2 });
  return new FairSemaphore({
    concurrentMax: limits.anonymousWrites,
    waitingMax: limits.anonymousWritesWaiting,
    perKey: [{ waitingMax: limits.anonymousWritesWaitingPerAddress, refusal }],
    overloaded: () => new OrgError('unavailable', 'Too many requests are waiting. Try again shortly.', { retryAfterSeconds: 2 }),
  });
}
