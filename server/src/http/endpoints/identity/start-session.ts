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

interface ProvenLogin {
  readonly userId: string;
  /** The hash that matched the password. Null for a login with a passkey alone. */
  readonly passwordHash: string | null;
  /** A costlier hash of the same password, to be stored. */
  readonly raisedHash?: string | null;
}

/**
 * Opens a session for a user who has proved their identity. Returns the cookies for the browser:
 * the session's, and after a password the one that makes the browser known to the account. Null if
 * the stored hash has changed since the password was compared, or the user was disabled.
 * @throws OrgError `two-factor-required`
 */
export async function tryToStartSession(
  request: ApiRequest,
  services: Services,
  { userId, passwordHash, raisedHash = null }: ProvenLogin,
  secondFactor: SecondFactorProof | null,
): Promise<readonly string[] | null> {
  const { ipAddress, userAgent, cookie, writeContext } = request;
  const { writePath, sessionCookie, knownDevices } = services;
  const token = mintSessionToken();
  const tokenHash = hashToken(token);
  const recoveryLogin = recordRecoveryLoginsJob(userId, writeContext.requestId);
  const outcome = await openSession(writePath, {
    ...{
      userId,
      passwordHash,
      raisedHash,
      secondFactor,
      hasSecondFactor: secondFactor !== null,
      tokenHash,
      daysMax: services.limits.sessionDays,
    },
    ...{ ipAddress, userAgent, recoveryLogin },
  });
  if (outcome === 'password-changed') return null;
  if (outcome === 'code-refused') {
    const isPasskey = secondFactor?.type === 'webauthn';
    throw isPasskey
      ? failedLogin(services, request, 'passkey', secondPasskeyRefused())
      : failedLogin(services, request, 'second-factor', codeRefused());
  }
  await settleJob(services, recoveryLogin, writeContext.requestId);
  const storedHash = raisedHash ?? passwordHash;
  return [sessionCookie.write(token), ...(storedHash === null ? [] : [knownDevices.write(cookie, { userId, passwordHash: storedHash })])];
}

/** @throws OrgError as {@link tryToStartSession}; `unauthenticated` instead of null */
export async function startSession(
  request: ApiRequest,
  services: Services,
  login: ProvenLogin,
  secondFactor: SecondFactorProof | null,
): Promise<readonly string[]> {
  const cookies = await tryToStartSession(request, services, login, secondFactor);
  if (!cookies) throw failedLogin(services, request, 'password', wrongLogin());
  return cookies;
}

/** The kind of event of a failed login, and the reason by which the metric counts it. */
const failureReasons = {
  password: 'password',
  'password-again': 'password',
  'second-factor': 'second-factor',
  passkey: 'passkey',
  'passkey-again': 'passkey',
} as const;

/**
 * Records and counts a failed login. The event has no account, because that may not exist.
 */
export function failedLogin({ writePath }: Services, request: ApiRequest, kind: keyof typeof failureReasons, error: OrgError): OrgError {
  writePath.counters.increment('loginsFailed', 1, failureReasons[kind]);
  writePath.securityEvents.record({ ...originOfCall(request), event: 'login', kind, outcome: 'failure' });
  return withoutEvent(error);
}

export function wrongLogin(): OrgError {
  return new OrgError('unauthenticated', 'Invalid username or password.');
}

export function codeRefused(): OrgError {
  return codeRequired('The second-factor code is wrong or was already used.');
}

/** The refusal of a passkey as the second step of a login, the same for each reason. */
export function secondPasskeyRefused(): OrgError {
  return codeRequired('This passkey is not one of this account, or the request has expired. Try again.');
}

/** @param types the types of second factors that the user has, if the password was right */
export function codeRequired(message: string, types?: readonly string[]): OrgError {
  const extra = types === undefined ? {} : { types };
  return new OrgError('two-factor-required', message, { body: { detail: { code: '2fa-required', message, extra } } });
}
