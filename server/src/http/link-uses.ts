import { OrgError } from '@rollcall/protocol';
import { OneAtATime } from '../runtime/one-at-a-time.ts';

/** One use of a link from a mail succeeds. Others at the same time are a double click, or an attack. */
const waitingMax = 10;

export function openLinkUses(): OneAtATime {
  return new OneAtATime(waitingMax, () => {
    return new OrgError('rate-limited', 'This link is being used already. Try again shortly.', { retryAfterSeconds: 2 });
  });
}
