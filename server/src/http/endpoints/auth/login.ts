import * as z from 'zod';
import { type AttemptLimits, codesPerAccount, loginsPerAccount, loginsPerAddress, networkOf } from '../../../identity/attempt-limits.ts';
import { verifyLogin } from '../../../identity/password-login.ts';
import { passwordLengthMax } from '../../../identity/passwords.ts';
import { readProof, readSecondFactors, type SecondFactorProof } from '../../../identity/second-factors.ts';
import { parseBody, passwordField, stringField } from '../../fields.ts';
import type { ApiRequest, Reply } from '../../route.ts';
import type { Services } from '../../services.ts';
import { answerSelf } from './answer-self.ts';
import { endSession } from './end-session.ts';
import { codeRefused, codeRequired, startSession, wrongLogin } from './start-session.ts';

export const loginSchema = z.object({
  username: stringField({ max: 75 }),
  password: passwordField({ min: 1, max: passwordLengthMax }),
  /** A code of the authenticator app, or a recovery code. */
  otp: stringField({ max: 64, allowBlank: true }).optional(),
});

/** Opens a session (docs/authentication.md). Which of name and password is wrong is not said, and does not show in the time. */
export async function login(request: ApiRequest, services: Services): Promise<Reply> {
  const { username, password, otp = '' } = parseBody(loginSchema, request.body);
  const guess = await countGuess(request, services.attempts, username);
  const found = await verifyLogin(services.db, username, password);
  if (!found) {
    services.writePath.counters.increment('loginsFailed', 1, 'password');
    throw wrongLogin();
  }
  const secondFactor = await proveSecondFactor(services, found.userId, otp);
  const token = await startSession(request, services, found, secondFactor);
  await guess.wasRight();
  if (secondFactor) await services.attempts.forget(codesPerAccount, found.userId);
  // This browser's cookie is another one from now on: what the earlier one opened ends.
  if (request.callerIfAny?.session) await endSession(request, services, request.callerIfAny.credentialId);
  const { body } = await answerSelf(services, found.userId);
  return { status: 200, body, headers: { 'Set-Cookie': services.sessionCookie.write(token) } };
}

/** Counted before it is looked at: guesses that come at once are counted too. */
async function countGuess({ ipAddress }: ApiRequest, attempts: AttemptLimits, username: string) {
  const account = username.toLowerCase();
  const network = networkOf(ipAddress ?? '');
  await attempts.count(loginsPerAddress, network);
  await attempts.count(loginsPerAccount, account);
  return {
    async wasRight() {
      await attempts.forget(loginsPerAccount, account);
      await attempts.forgive(loginsPerAddress, network);
    },
  };
}

/** @throws OrgError `two-factor-required` when one is enrolled and the code is missing or wrong; `rate-limited` */
async function proveSecondFactor(services: Services, userId: string, otp: string): Promise<SecondFactorProof | null> {
  const { db, attempts, secret, writePath } = services;
  const factors = await readSecondFactors(db, userId);
  if (!factors.totp) return null;
  if (otp === '') throw codeRequired('A code of the second factor is required.');
  await attempts.count(codesPerAccount, userId);
  const proof = readProof(secret, userId, factors, otp);
  if (!proof) {
    writePath.counters.increment('loginsFailed', 1, 'second-factor');
    throw codeRefused();
  }
  return proof;
}
