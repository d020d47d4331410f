import { OrgError } from '@rollcall/protocol';
import { passkeyRequestShape, selfShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { networkOf } from '../../../identity/limits/attempt-limits.ts';
import { readLoginCandidate } from '../../../identity/passwords/password-login.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { parseBody } from '../../requests/fields.ts';
import { assertionField } from '../../requests/passkey-fields.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { originOfCall, withoutEvent } from '../../security-events/request-origin.ts';
import type { Services } from '../../services.ts';
import { endReplacedSession } from './end-session.ts';
import { beginAssertion, provePasskey } from './prove-passkey.ts';
import { replyWithSelf } from './reply-with-self.ts';
import { failedLogin, tryToStartSession } from './start-session.ts';

const loginSchema = z.object({ passkey: assertionField() });

/**
 * Logins with a passkey alone: the device, and a PIN or a fingerprint of its user
 * (docs/authentication.md).
 */
export const passkeyLoginRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/auth/passkey/',
    callers: 'anyone',
    scopes: [],
    metadata: {
      tag: 'Sessions',
      id: 'beginPasskey',
      summary: 'Begin a login with a passkey',
      description:
        'Returns the options for `navigator.credentials.get`, the same for each account, and sets a cookie to which the challenge is bound. They also serve to confirm a login, or as the second step of one.',
      responses: { 200: passkeyRequestShape },
    },
    async handle(request, services) {
      const { options, cookie } = beginAssertion(request, services);
      return { status: 200, body: options, headers: { 'Set-Cookie': cookie } };
    },
  },
  {
    method: 'POST',
    path: '/auth/passkey/login/',
    callers: 'anyone',
    scopes: [],
    metadata: {
      tag: 'Sessions',
      id: 'logInWithPasskey',
      summary: 'Log in with a passkey',
      description: 'Starts a session with two factors, and sets its cookie. Any refusal of a passkey is the same 401.',
      responses: { 200: selfShape },
      body: loginSchema,
    },
    handle: logIn,
  },
];

async function logIn(request: ApiRequest, services: Services): Promise<Reply> {
  const { passkey } = parseBody(loginSchema, request.body);
  const network = networkOf(request.ipAddress ?? '');
  await services.attempts.count(attemptLimits.passkeysPerNetwork, network);
  const proven = await provePasskey(request, services, passkey);
  if (!proven) throw failedLogin(services, request, 'passkey', refused());
  const { userId, proof } = proven;
  const cookies = await tryToStartSession(request, services, { userId, passwordHash: null }, proof).catch((error: unknown) => {
    // The refusal has its event already. Its text would reveal that an account has the passkey.
    throw error instanceof OrgError && error.code === 'two-factor-required' ? withoutEvent(refused()) : error;
  });
  if (!cookies) throw failedLogin(services, request, 'passkey', refused());
  await services.attempts.forgive(attemptLimits.passkeysPerNetwork, network);
  await endReplacedSession(request, services);
  const caller = { kind: 'user', id: userId, credential: null } as const;
  services.writePath.securityEvents.record({ ...originOfCall(request), caller, event: 'login', kind: 'passkey', outcome: 'success' });
  const { body } = await replyWithSelf(services, userId);
  return { status: 200, body, headers: { 'Set-Cookie': [...cookies, ...(await deviceCookies(request, services, userId))] } };
}

/**
 * Makes the browser known to the account, by the password that is stored now. Empty without one.
 */
async function deviceCookies({ cookie }: ApiRequest, { db, knownDevices }: Services, userId: string): Promise<readonly string[]> {
  const candidate = await readLoginCandidate(db, userId);
  const passwordHash = candidate?.passwordHash ?? null;
  return passwordHash === null ? [] : [knownDevices.write(cookie, { userId, passwordHash })];
}

/**
 * Has the same text for each reason, so that a stranger doesn't learn which accounts have passkeys.
 */
function refused(): OrgError {
  return new OrgError('unauthenticated', 'This passkey can’t log in here, or the request has expired. Try again.');
}
