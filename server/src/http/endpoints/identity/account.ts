import { apiLimits, OrgError } from '@rollcall/protocol';
import { erasureShape, selfShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { invalidFields } from '../../../domain/field-errors.ts';
import { type PasswordLogin, readLoginCandidate, verifyCandidate } from '../../../identity/passwords/password-login.ts';
import { passwordLengthMax } from '../../../identity/passwords/passwords.ts';
import { readPersonWords } from '../../../read-path/queries/identity/person-words.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { renewSession } from '../../../write-path/users/sessions/renew-session.ts';
import { serverStreamId, updateUser } from '../../../write-path/users/update-user.ts';
import { assertGoodPassword } from '../../requests/assert-good-password.ts';
import { messages, parseBody, passwordField } from '../../requests/fields.ts';
import { assertionField } from '../../requests/passkey-fields.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';
import { endTokensField } from './end-tokens-field.ts';
import { eraseAndReport } from './erase-and-report.ts';
import { hashOriginOf } from './hash-origin.ts';
import { renewWithPasskey } from './renew-with-passkey.ts';
import { replyWithSelf } from './reply-with-self.ts';
import { sessionOf } from './session-caller.ts';

const password = passwordField({ min: 1, max: passwordLengthMax }).describe('The current password of the caller.');
const renewSchema = z.object({
  password: passwordField({ min: 1, max: passwordLengthMax }).optional().describe('The current password of the caller.'),
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
    needsFullLogin: true,
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'proveLogin',
      summary: 'Confirm the login',
      description:
        'Requires the password, or a passkey of the user. Makes the login of the session recent again, for operations that respond with `sudo-required` otherwise.',
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

/** Checks the password or a passkey again, for actions that need a recent login. */
async function renew(request: ApiRequest, services: Services): Promise<Reply> {
  const { password: given, passkey } = parseBody(renewSchema, request.body);
  const { userId, sessionId } = sessionOf(request.caller);
  if (passkey !== undefined) {
    await renewWithPasskey(request, services, passkey);
  } else {
    if (given === undefined) throw invalidFields({ password: [messages.required] });
    await confirmPassword(request, services, given);
    await renewSession(services.writePath, sessionId);
  }
  return replyWithSelf(services, userId);
}

/**
 * Ends all other sessions, because they may belong to a person with the old password. This browser
 * remains known to the account.
 */
async function changePassword(request: ApiRequest, services: Services): Promise<Reply> {
  const fields = parseBody(changeSchema, request.body);
  const { userId, sessionId } = sessionOf(request.caller);
  const proof = await confirmPassword(request, services, fields.password);
  assertGoodPassword(services, 'newPassword', fields.newPassword, await readPersonWords(services.db, userId));
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
  const reply = await eraseAndReport(services, { userId, isByOperator: false }, request.writeContext.requestId);
  return { ...reply, headers: { 'Set-Cookie': services.sessionCookie.clear() } };
}

/**
 * Counts attempts per session only. Guesses elsewhere then cannot prevent the user from renewing
 * the session, and a stolen session is not an easier way to guess.
 * @throws OrgError `forbidden`, because a page takes 401 for the end of its session; `rate-limited`
 */
export async function confirmPassword(
  request: ApiRequest,
  { db, attempts, passwords, writePath }: Services,
  given: string,
): Promise<PasswordLogin> {
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
    writePath.counters.increment('loginsFailed', 1, 'password');
    throw new OrgError('forbidden', 'The password is wrong.', { body: { detail: { code: 'ignore' } } });
  }
  for (const limit of limits) await attempts.forget(limit, sessionId);
  return proof;
}
