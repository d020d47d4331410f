import { OrgError } from '@rollcall/protocol';
import type { AuthenticationResponseJSON } from '@simplewebauthn/server';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { renewSessionWithFactor } from '../../../write-path/users/sessions/renew-session-with-factor.ts';
import type { ApiRequest } from '../../route.ts';
import type { Services } from '../../services.ts';
import { provePasskey } from './prove-passkey.ts';
import { sessionOf } from './session-caller.ts';

/**
 * Makes the login of the session recent again with a passkey of its user.
 * @throws OrgError `forbidden`, because a page takes 401 for the end of its session; `rate-limited`
 */
export async function renewWithPasskey(request: ApiRequest, services: Services, response: AuthenticationResponseJSON): Promise<void> {
  const { userId, sessionId } = sessionOf(request.caller);
  await services.attempts.count(attemptLimits.passkeysPerSession, sessionId);
  const proven = await provePasskey(request, services, response).catch((error: unknown) => {
    throw error instanceof OrgError && error.code === 'unauthenticated' ? refused(error.message) : error;
  });
  if (proven.userId !== userId) throw refused('This passkey belongs to another account.');
  const isRenewed = await renewSessionWithFactor(services.writePath, { sessionId, userId, use: proven.proof });
  if (!isRenewed) throw refused('This passkey was already used for this request. Try again.');
  await services.attempts.forgive(attemptLimits.passkeysPerSession, sessionId);
}

function refused(message: string): OrgError {
  return new OrgError('forbidden', message);
}
