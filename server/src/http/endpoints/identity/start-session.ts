import { OrgError } from '@rollcall/protocol';
import type { SecondFactorProof } from '../../../identity/passwords/second-factors.ts';
import { mintSessionToken } from '../../../identity/sessions.ts';
import { hashToken } from '../../../runtime/secrets/hash-token.ts';
import { openSession } from '../../../write-path/users/sessions/open-session.ts';
import { recordRecoveryLoginsJob } from '../../../write-path/users/sessions/record-recovery-logins.ts';
import type { ApiRequest } from '../../route.ts';
import { originOfCall, withoutEvent } from '../../security-events/request-origin.ts';
import type { Services } from '../../services.ts';
import { settleJob } from './settle-refresh.ts';

/** A user who logged in, and the hash of their password. Null if the user of a passkey has none. */
interface ProvenLogin {
  readonly userId: string;
  readonly passwordHash: string | null;
}

/**
 * Opens a session for a user who has proved their identity. Returns the cookies for the browser:
 * the session's, and the one that makes the browser known to the account.
 * @throws OrgError `unauthenticated` when the password has changed since, or the user was disabled;
 * `two-factor-required`
 */
export async function startSession(
  request: ApiRequest,
  services: Services,
  login: ProvenLogin,
  secondFactor: SecondFactorProof | null,
): Promise<readonly string[]> {
  const { ipAddress, userAgent, cookie, writeContext } = request;
  const { writePath, sessionCookie, knownDevices } = services;
  const token = mintSessionToken();
  const tokenHash = hashToken(token);
  const recoveryLogin = recordRecoveryLoginsJob(login.userId, writeContext.requestId);
  const outcome = await openSession(writePath, {
    ...{ ...login, secondFactor, hasSecondFactor: secondFactor !== null, tokenHash, daysMax: services.limits.sessionDays },
    ...{ ipAddress, userAgent, recoveryLogin },
  });
  if (outcome === 'password-changed') throw failedLogin(services, request, 'password', wrongLogin());
  if (outcome === 'code-refused') {
    writePath.counters.increment('loginsFailed', 1, 'second-factor');
    throw failedLogin(services, request, 'second-factor', codeRefused());
  }
  await settleJob(services, recoveryLogin, writeContext.requestId);
  const { userId, passwordHash } = login;
  return [sessionCookie.write(token), ...(passwordHash === null ? [] : [knownDevices.write(cookie, { userId, passwordHash })])];
}

/** Records a failed login. The event has no account, because that may not exist. */
export function failedLogin(
  { writePath }: Services,
  request: ApiRequest,
  kind: 'password' | 'password-again' | 'second-factor' | 'passkey' | 'passkey-again',
  error: OrgError,
): OrgError {
  writePath.securityEvents.record({ ...originOfCall(request), event: 'login', kind, outcome: 'failure' });
  return withoutEvent(error);
}

export function wrongLogin(): OrgError {
  return new OrgError('unauthenticated', 'Invalid username or password.');
}

export function codeRefused(): OrgError {
  return codeRequired('The second-factor code is wrong or was already used.');
}

/** @param types the types of second factors that the user has, if the password was right */
export function codeRequired(message: string, types?: readonly string[]): OrgError {
  const extra = types === undefined ? {} : { types };
  return new OrgError('two-factor-required', message, { body: { detail: { code: '2fa-required', message, extra } } });
}
