import { OrgError } from '@rollcall/protocol';
import { KeyedSemaphore } from '../../runtime/keyed-semaphore.ts';

/**
 * Uses of one link that wait for each other. A link from an email can be used successfully once, so
 * simultaneous uses are a double click or an attack.
 */
const waitingMax = 10;

export function openLinkUses(): KeyedSemaphore {
  return new KeyedSemaphore(1, waitingMax, () => {
    return new OrgError('rate-limited', 'Other requests are using this link. Try again shortly.', { retryAfterSeconds: 2 });
  });
}
