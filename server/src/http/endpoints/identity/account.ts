import { apiLimits, OrgError } from '@rollcall/protocol';
import { erasureShape, selfShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { invalidFields } from '../../../domain/field-errors.ts';
import { type PasswordLogin, readLoginCandidate, verifyCandidate } from '../../../identity/passwords/password-login.ts';
import { passwordLengthMax } from '../../../identity/passwords/passwords.ts';
import { readProof, readSecondFactors } from '../../../identity/passwords/second-factors.ts';
import { mintSessionToken } from '../../../identity/sessions.ts';
import { readPersonWords } from '../../../read-path/queries/identity/person-words.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { hashToken } from '../../../runtime/secrets/hash-token.ts';
import type { WritePath } from '../../../write-path/run-command.ts';
import type { SecondFactorUse } from '../../../write-path/users/second-factors/consume-second-factor.ts';
import { type ProvenSession, type Renewal, renewSession } from '../../../write-path/users/sessions/renew-session.ts';
import { serverStreamId, updateUser } from '../../../write-path/users/update-user.ts';
import { assertGoodPassword } from '../../requests/assert-good-password.ts';
import { messages, parseBody, passwordField, stringField } from '../../requests/fields.ts';
import { assertionField } from '../../requests/passkey-fields.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import { originOfCall } from '../../security-events/request-origin.ts';
import type { Services } from '../../services.ts';
import { confirmPasskey, passkeyRefused } from './confirm-passkey.ts';
import { clearedSiteData } from './end-session.ts';
import { endTokensField } from './end-tokens-field.ts';
import { eraseAndReport } from './erase-and-report.ts';
import { hashOriginOf } from './hash-origin.ts';
import { replyWithSelf } from './reply-with-self.ts';
import { sessionOf } from './session-caller.ts';
import { failedLogin } from './start-session.ts';

const password = passwordField({ min: 1, max: passwordLengthMax }).describe('The current password of the caller.');
const renewSchema = z.object({
  password: password.optional(),
  otp: stringField({ max: 64, allowBlank: true })
    .optional()
    .describe('A code of the authenticator app, or a recovery code. Ignored if the user has no second factor.'),
  passkey: assertionField().optional(),
});
const changeSchema = z.object({
  password,
  newPassword: passwordField({ min: apiLimits.passwordLengthMin, max: passwordLengthMax }).describe('The new password.'),
  endTokens: endTokensField,
});

/** Routes for the password and the erasure of a user's own account (docs/authentication.md). */
export const accountRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/auth/',
    callers: 'anyone',
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'readSelfOrNothing',
      isForUsers: true,
      summary: 'Retrieve the caller’s user, if any',
      description: 'Callers without a user, including organization tokens, get 400 with an empty body.',
      responses: { 200: selfShape },
    },
    handle: readSelfOrNothing,
  },
  {
    method: 'PUT',
    path: '/auth/',
    callers: 'session',
    isForEnrolment: true,
    needsFullLogin: true,
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'proveLogin',
      summary: 'Confirm the password and the second factor',
      description:
        'Requires the password, or a passkey of the caller. Makes the login of the session recent again, for operations that respond with `sudo-required` otherwise. With `otp` or a passkey, the session also counts as one with a second factor. Sets a cookie with a new token. The former one is accepted for 30 more seconds, and proves what it proved before.',
      responses: { 200: selfShape },
      body: renewSchema,
    },
    handle: renew,
  },
  {
    method: 'PUT',
    path: '/auth/password/',
    callers: 'session',
    needsFullLogin: true,
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'changePassword',
      summary: 'Change the password',
      description: 'Ends all other sessions of the user. With `endTokens`, also revokes all tokens of the user.',
      isCommand: true,
      isUnrepeatable: true,
      responses: { 204: null },
      body: changeSchema,
    },
    handle: changePassword,
  },
  {
    method: 'DELETE',
    path: '/users/me/',
    callers: 'session',
    needsFullLogin: true,
    needsRecentLogin: true,
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'eraseSelf',
      summary: 'Erase the account',
      description:
        'Ends the user’s access on all instances. Then a job ends their memberships, replaces their names and addresses in the state of all organizations and in their history, and erases the account. The only owner of an organization gets 409. It cannot be undone.',
      responses: { 202: erasureShape, 200: erasureShape },
      errors: ['legal-hold', 'last-owner'],
    },
    handle: eraseSelf,
  },
];

/**
 * Returns 400 without a body for callers without a user, including organizations (REST contract
 * 10.3).
 */
async function readSelfOrNothing({ callerIfAny }: ApiRequest, services: Services): Promise<Reply> {
  const actor = callerIfAny?.actor;
  if (actor?.kind !== 'user') throw new OrgError('invalid', 'The caller has no user.', { body: undefined });
  return replyWithSelf(services, actor.userId, actor.boundOrgIds !== null);
}

/**
 * Checks the password or a passkey again, for actions that need a recent login. The session gets a
 * new token, so that a token that someone else has doesn't become one of a recent login.
 */
async function renew(request: ApiRequest, services: Services): Promise<Reply> {
  const { password: given, otp = '', passkey } = parseBody(renewSchema, request.body);
  const session = sessionOf(request.caller);
  const code =
    passkey === undefined ? await confirmWithPassword(request, services, given, otp) : await confirmPasskey(request, services, passkey);
  const token = mintSessionToken();
  const tokenHash = hashToken(services.sessionCookie.read(request.cookie) ?? '');
  const { body } = await runRequestCommand(services, renewSession, {
    orgId: serverStreamId,
    actor: request.caller.actor,
    input: { ...session, tokenHash, newTokenHash: hashToken(token), code },
    writeContext: { ...request.writeContext, idempotencyKey: null, ifMatch: null },
    respond: async (_tx, result) => ({ status: 200, body: result }),
  });
  const renewal = body as Renewal;
  if (renewal === 'code-refused') throw passkey === undefined ? wrongCode(services.writePath) : passkeyRefused(request, services);
  if (code !== null) {
    const limit = code.type === 'webauthn' ? attemptLimits.passkeysPerSession : attemptLimits.codesPerSession;
    await services.attempts.forget(limit, session.sessionId);
  }
  const kind = passkey === undefined ? 'password-again' : 'passkey-again';
  services.writePath.securityEvents.record({ ...originOfCall(request), event: 'login', kind, outcome: 'success' });
  const reply = await replyWithSelf(services, session.userId);
  return renewal === 'replaced' ? { ...reply, headers: { 'Set-Cookie': services.sessionCookie.write(token) } } : reply;
}

async function confirmWithPassword(
  request: ApiRequest,
  services: Services,
  given: string | undefined,
  otp: string,
): Promise<SecondFactorUse | null> {
  if (given === undefined) throw invalidFields({ password: [messages.required] });
  await confirmPassword(request, services, given);
  return readCode(services, sessionOf(request.caller), otp);
}

/**
 * The proof in a code. Null without one, and for a user without a second factor.
 * @throws OrgError `forbidden` if the code is wrong; `rate-limited`
 */
async function readCode(
  { db, attempts, secret, writePath }: Services,
  { userId, sessionId }: ProvenSession,
  otp: string,
): Promise<SecondFactorUse | null> {
  const factors = otp === '' ? null : await readSecondFactors(db, userId);
  if (!factors || factors.types.length === 0) return null;
  await attempts.count(attemptLimits.codesPerSession, sessionId);
  const proof = readProof(secret, userId, factors, otp);
  if (!proof) throw wrongCode(writePath);
  return proof;
}

function wrongCode({ counters }: WritePath): OrgError {
  counters.increment('loginsFailed', 1, 'second-factor');
  const message = 'The second-factor code is wrong or was already used.';
  return new OrgError('forbidden', message, { body: { detail: { code: 'wrong-code', message, extra: {} } } });
}

/**
 * Ends all other sessions, because they may belong to a person with the old password. This browser
 * remains known to the account.
 */
async function changePassword(request: ApiRequest, services: Services): Promise<Reply> {
  const fields = parseBody(changeSchema, request.body);
  const { userId, sessionId } = sessionOf(request.caller);
  const proof = await confirmPassword(request, services, fields.password);
  await assertGoodPassword(services, 'newPassword', fields.newPassword, await readPersonWords(services.db, userId));
  const passwordHash = await services.passwords.hash(fields.newPassword, hashOriginOf(request, `session:${sessionId}`));
  const reply = await runRequestCommand(services, updateUser, {
    orgId: serverStreamId,
    actor: request.caller.actor,
    input: { userId, passwordHash, keptSessionId: sessionId, ifPasswordHash: proof.passwordHash, endTokens: fields.endTokens },
    // An idempotency key would store an unsalted digest of a body that is two passwords.
    writeContext: { ...request.writeContext, idempotencyKey: null },
    respond: async () => ({ status: 204 }),
  });
  const cookie = services.knownDevices.write(request.cookie, { userId, passwordHash });
  return { ...reply, headers: { ...reply.headers, 'Set-Cookie': cookie } };
}

async function eraseSelf(request: ApiRequest, services: Services): Promise<Reply> {
  const { userId } = sessionOf(request.caller);
  const reply = await eraseAndReport(services, { userId, operator: null }, request.writeContext.requestId);
  return { ...reply, headers: { 'Set-Cookie': services.sessionCookie.clear(), 'Clear-Site-Data': clearedSiteData } };
}

/**
 * Counts attempts per session only. Guesses elsewhere then cannot prevent the user from renewing
 * the session, and a stolen session is not an easier way to guess.
 * @throws OrgError `forbidden`, because a page takes 401 for the end of its session; `rate-limited`
 */
export async function confirmPassword(request: ApiRequest, services: Services, given: string): Promise<PasswordLogin> {
  const { db, attempts, passwords } = services;
  const { userId, sessionId } = sessionOf(request.caller);
  const limits = [attemptLimits.passwordsPerSession, attemptLimits.passwordsPerSessionInAll] as const;
  for (const limit of limits) await attempts.count(limit, sessionId);
  const candidate = await readLoginCandidate(db, userId);
  const proof = await verifyCandidate(passwords, candidate, given, hashOriginOf(request, `session:${sessionId}`)).catch(
    async (error: unknown) => {
      for (const limit of limits) await attempts.forgive(limit, sessionId);
      throw error;
    },
  );
  if (!proof) {
    const error = new OrgError('forbidden', 'The password is wrong.', { body: { detail: { code: 'ignore' } } });
    throw failedLogin(services, request, 'password-again', error);
  }
  for (const limit of limits) await attempts.forget(limit, sessionId);
  return proof;
}
