import { OrgError } from '@rollcall/protocol';
import { waitingLimits } from '../../runtime/limits/rows/waiting.ts';
import { KeyedSemaphore } from '../../runtime/limits/semaphore.ts';

export function openLinkUses(): KeyedSemaphore {
  const refusal = () => new OrgError('rate-limited', 'Other requests are using this link. Try again shortly.', { retryAfterSeconds: 2 });
  return new KeyedSemaphore({ concurrentMax: 1, inTotal: { waitingMax: waitingLimits.linkUsesWaiting.value, refusal } });
}
