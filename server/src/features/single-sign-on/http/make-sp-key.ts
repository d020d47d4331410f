import { OrgError } from '@rollcall/protocol';
import type { ApiRequest } from '../../../http/route.ts';
import { ownerKeyOf } from '../../../identity/caller.ts';
import { Semaphore } from '../../../runtime/limits/semaphore.ts';
import { signOnLimits } from '../limits.ts';
import { makeSpCertificate, type SpCertificate } from '../saml/sp-certificate.ts';
import type { SingleSignOnServices } from '../services.ts';

/**
 * Makes one key at a time. Each occupies a thread of libuv's pool, and passwords are hashed in the
 * others. Users take turns.
 */
export function openKeyMaking(): Semaphore {
  const retry = { retryAfterSeconds: 2 };
  return new Semaphore({
    concurrentMax: 1,
    inTotal: {
      waitingMax: signOnLimits.keysWaiting.value,
      refusal: () => new OrgError('unavailable', 'Too many keys are being made. Try again shortly.', retry),
    },
    perKey: [
      {
        waitingMax: signOnLimits.keysWaitingPerUser.value,
        refusal: () => new OrgError('rate-limited', 'Other keys for you are being made. Try again shortly.', retry),
      },
    ],
  });
}

/**
 * Makes the key of an organization towards its SAML provider, for a caller who may set it.
 * @throws OrgError `rate-limited`, `unavailable`
 */
export function makeSpKey(request: ApiRequest, { keyMaking, attempts }: SingleSignOnServices): Promise<SpCertificate> {
  const user = ownerKeyOf(request.caller);
  const make = async () => {
    await attempts.count(signOnLimits.keysPerUser, user);
    return makeSpCertificate();
  };
  return keyMaking.run(make, { keys: [user], closed: request.whenClosed() });
}
