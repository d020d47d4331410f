import { OrgError } from '@rollcall/protocol';
import type { SecondFactorProof } from '../../../identity/passwords/second-factors.ts';
import { mintSessionToken, sessionDaysMax } from '../../../identity/sessions.ts';
import { hashToken } from '../../../runtime/secrets/hash-token.ts';
import { openSession } from '../../../write-path/users/sessions/open-session.ts';
import { recordRecoveryLoginsJob } from '../../../write-path/users/sessions/record-recovery-logins.ts';
import type { ApiRequest } from '../../route.ts';
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
  { ipAddress, userAgent, cookie, writeContext }: ApiRequest,
  services: Services,
  login: ProvenLogin,
  secondFactor: SecondFactorProof | null,
): Promise<readonly string[]> {
  const { writePath, sessionCookie, knownDevices } = services;
  const token = mintSessionToken();
  const tokenHash = hashToken(token);
  const recoveryLogin = recordRecoveryLoginsJob(login.userId, writeContext.requestId);
  const outcome = await openSession(writePath, {
    ...{ ...login, secondFactor, tokenHash, daysMax: sessionDaysMax },
    ...{ ipAddress, userAgent, recoveryLogin },
  });
  if (outcome === 'password-changed') throw wrongLogin();
  if (outcome === 'code-refused') {
    writePath.counters.increment('loginsFailed', 1, 'second-factor');
    throw codeRefused();
  }
  await settleJob(services, recoveryLogin, writeContext.requestId);
  const { userId, passwordHash } = login;
  return [sessionCookie.write(token), ...(passwordHash === null ? [] : [knownDevices.write(cookie, { userId, passwordHash })])];
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
