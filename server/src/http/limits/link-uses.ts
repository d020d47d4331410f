import { OrgError } from '@rollcall/protocol';
import { KeyedSemaphore } from '../../runtime/limits/semaphore.ts';

/**
 * Uses of one link that wait for each other. A link from an email can be used successfully once, so
 * simultaneous uses are a double click or an attack.
 */
const waitingMax = 10;

export function openLinkUses(): KeyedSemaphore {
  const refusal = () => new OrgError('rate-limited', 'Other requests are using this link. Try again shortly.', { retryAfterSeconds: 2 });
  return new KeyedSemaphore({ concurrentMax: 1, inTotal: { waitingMax, refusal } });
}
