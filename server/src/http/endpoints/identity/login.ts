import * as z from 'zod';
import { networkOf } from '../../../identity/limits/attempt-limits.ts';
import { codeGuesses, countGuess, type Guess, type Guesser, passwordGuesses } from '../../../identity/limits/guess-limits.ts';
import type { PasskeyAssertion } from '../../../identity/passkeys/verify-passkey.ts';
import {
  findLoginCandidate,
  type LoginCandidate,
  type PasswordLogin,
  readLoginCandidate,
  verifyCandidate,
} from '../../../identity/passwords/password-login.ts';
import { passwordLengthMax } from '../../../identity/passwords/passwords.ts';
import { readProof, readSecondFactors, type SecondFactorProof, type SecondFactors } from '../../../identity/passwords/second-factors.ts';
import { parseBody, passwordField, stringField } from '../../requests/fields.ts';
import { assertionField } from '../../requests/passkey-fields.ts';
import type { ApiRequest, Reply } from '../../route.ts';
import { originOfCall, withoutEvent } from '../../security-events/request-origin.ts';
import type { Services } from '../../services.ts';
import { endReplacedSession } from './end-session.ts';
import { hashOriginOf } from './hash-origin.ts';
import { provePasskey } from './prove-passkey.ts';
import { replyWithSelf } from './reply-with-self.ts';
import {
  codeRefused,
  codeRequired,
  failedLogin,
  secondPasskeyRefused,
  startSession,
  tryToStartSession,
  wrongLogin,
} from './start-session.ts';

export const loginSchema = z.object({
  username: stringField({ max: 75 }).describe('The email address of the user.'),
  password: passwordField({ min: 1, max: passwordLengthMax }).describe('The password of the user.'),
  /** A code of the authenticator app, or a recovery code. */
  otp: stringField({ max: 64, allowBlank: true }).optional().describe('A code of the authenticator app, or a recovery code.'),
  passkey: assertionField().optional(),
});

/**
 * Opens a session (docs/authentication.md). Neither the response nor its timing reveals whether the
 * name or the password is wrong.
 */
export async function login(request: ApiRequest, services: Services): Promise<Reply> {
  const { username, password, otp = '', passkey } = parseBody(loginSchema, request.body);
  const candidate = await findLoginCandidate(services.db, username);
  const guesser = guesserOf(request, services, username, candidate);
  const guess = await countGuess(services.attempts, passwordGuesses, guesser);
  const found = await compare(request, services, { guess, guesser, candidate, password });
  if (!found) {
    throw failedLogin(services, request, 'password', wrongLogin());
  }
  const factors = await readSecondFactors(services.db, found.userId);
  const isRequired = factors.types.length > 0;
  if (isRequired && otp === '' && passkey === undefined) {
    // The first of two steps, whose password was right. Otherwise people with a second factor would
    // use up the limit of their office.
    await guess.withdraw();
    throw withoutEvent(codeRequired('A second-factor code is required.', factors.types));
  }
  const secondStep = { factors, guesser: { ...guesser, account: found.userId }, otp, passkey };
  const code = isRequired ? await proveSecondFactor(request, services, secondStep) : null;
  const cookies = await startRaised(request, services, { found, password, proof: code?.proof ?? null });
  await guess.wasRight();
  await code?.guess.wasRight();
  await endReplacedSession(request, services);
  const caller = { kind: 'user', id: found.userId, credential: null } as const;
  const kind = code ? 'second-factor' : 'password';
  services.writePath.securityEvents.record({ ...originOfCall(request), caller, event: 'login', kind, outcome: 'success' });
  const { body } = await replyWithSelf(services, found.userId);
  return { status: 200, body, headers: { 'Set-Cookie': cookies } };
}

function guesserOf(request: ApiRequest, { knownDevices }: Services, username: string, candidate: LoginCandidate | null): Guesser {
  const passwordHash = candidate?.passwordHash ?? null;
  return {
    account: username.toLowerCase(),
    network: networkOf(request.ipAddress ?? ''),
    device: candidate && passwordHash !== null ? knownDevices.read(request.cookie, { userId: candidate.userId, passwordHash }) : null,
  };
}

interface Comparison {
  readonly guess: Guess;
  readonly guesser: Guesser;
  readonly candidate: LoginCandidate | null;
  readonly password: string;
}

/** A guess that the pool refuses was never compared, so it does not count. */
async function compare(request: ApiRequest, { passwords }: Services, comparison: Comparison): Promise<PasswordLogin | null> {
  const { guess, guesser, candidate, password } = comparison;
  const origin = hashOriginOf(request, guesser.device === null ? `account:${guesser.account}` : `device:${guesser.device}`);
  try {
    return await verifyCandidate(passwords, candidate, password, origin);
  } catch (error) {
    await guess.withdraw();
    throw error;
  }
}

interface RightLogin {
  readonly found: PasswordLogin;
  readonly password: string;
  readonly proof: SecondFactorProof | null;
}

/**
 * Starts the session, and stores a costlier hash if the settings demand one. If a concurrent login
 * has just stored one, the password is compared with that.
 */
async function startRaised(request: ApiRequest, services: Services, { found, password, proof }: RightLogin): Promise<readonly string[]> {
  const origin = hashOriginOf(request, `account:${found.userId}`);
  const raisedHash = await services.passwords.raise(found.passwordHash, password, origin);
  const cookies = await tryToStartSession(request, services, { ...found, raisedHash }, proof);
  if (cookies) return cookies;
  const latest = await verifyCandidate(services.passwords, await readLoginCandidate(services.db, found.userId), password, origin);
  if (!latest) throw failedLogin(services, request, 'password', wrongLogin());
  return startSession(request, services, latest, proof);
}

interface SecondStep {
  readonly factors: SecondFactors;
  readonly guesser: Guesser;
  readonly otp: string;
  readonly passkey: PasskeyAssertion | undefined;
}

/** @throws OrgError `two-factor-required` when the code or the passkey is wrong; `rate-limited` */
async function proveSecondFactor(
  request: ApiRequest,
  services: Services,
  { factors, guesser, otp, passkey }: SecondStep,
): Promise<{ readonly proof: SecondFactorProof; readonly guess: Guess }> {
  const { attempts, secret } = services;
  const guess = await countGuess(attempts, codeGuesses, guesser);
  if (passkey !== undefined) {
    const proven = await provePasskey(request, services, passkey);
    if (proven?.userId === guesser.account) return { proof: proven.proof, guess };
    throw failedLogin(services, request, 'passkey', secondPasskeyRefused());
  }
  const proof = readProof(secret, guesser.account, factors, otp);
  if (!proof) throw failedLogin(services, request, 'second-factor', codeRefused());
  return { proof, guess };
}
