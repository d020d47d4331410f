import { OrgError } from '@rollcall/protocol';
import type { PasskeyAssertion } from '../../../identity/passkeys/verify-passkey.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import type { SecondFactorUse } from '../../../write-path/users/second-factors/consume-second-factor.ts';
import type { ApiRequest } from '../../route.ts';
import type { Services } from '../../services.ts';
import { provePasskey } from './prove-passkey.ts';
import { sessionOf } from './session-caller.ts';
import { failedLogin } from './start-session.ts';

/**
 * Verifies that the user of the session has signed with one of their passkeys.
 * @throws OrgError `forbidden`, because a page takes 401 for the end of its session; `rate-limited`
 */
export async function confirmPasskey(request: ApiRequest, services: Services, response: PasskeyAssertion): Promise<SecondFactorUse> {
  const { userId, sessionId } = sessionOf(request.caller);
  await services.attempts.count(attemptLimits.passkeysPerSession, sessionId);
  const proven = await provePasskey(request, services, response);
  if (proven?.userId !== userId) throw passkeyRefused(request, services);
  return proven.proof;
}

/** The same for a passkey of another account, so that its owner doesn't learn whose it is. */
export function passkeyRefused(request: ApiRequest, services: Services): OrgError {
  const message = 'This passkey is not one of your account, or the request has expired. Try again.';
  const error = new OrgError('forbidden', message, { body: { detail: { code: 'wrong-passkey', message, extra: {} } } });
  return failedLogin(services, request, 'passkey-again', error);
}
