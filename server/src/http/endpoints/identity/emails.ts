import { isId, OrgError } from '@rollcall/protocol';
import { emailShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { Db } from '../../../database/database.ts';
import { notFound } from '../../../domain/authorize.ts';
import { ownerKeyOf } from '../../../identity/caller.ts';
import type { AttemptLimits } from '../../../identity/limits/attempt-limits.ts';
import { passwordLengthMax } from '../../../identity/passwords/passwords.ts';
import { readSelf } from '../../../read-path/queries/identity/self.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { addEmail, requestVerification } from '../../../write-path/users/emails/add-email.ts';
import { makeEmailPrimary } from '../../../write-path/users/emails/make-email-primary.ts';
import { removeEmail } from '../../../write-path/users/emails/remove-email.ts';
import { removeEmailByLink } from '../../../write-path/users/emails/remove-email-by-link.ts';
import { verifyEmail } from '../../../write-path/users/emails/verify-email.ts';
import { serverStreamId } from '../../../write-path/users/update-user.ts';
import { countWrongLink } from '../../limits/count-wrong-link.ts';
import { booleanField, emailField, parseBody, passwordField } from '../../requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';
import { confirmPassword } from './account.ts';
import { endTokensField } from './end-tokens-field.ts';
import { linkFields } from './link-fields.ts';
import { ownerOf, sessionOf } from './session-caller.ts';
import { settleRefresh } from './settle-refresh.ts';

const newEmailSchema = z.object({ email: emailField().describe('The new address.') });
const changeSchema = z.object({
  isPrimary: booleanField().describe('True makes the address the primary one.'),
  password: passwordField({ min: 1, max: passwordLengthMax })
    .optional()
    .describe('The caller’s password. Required for an address that was verified less than seven days ago.'),
});
const verifySchema = z.object(linkFields);
const removalSchema = z.object({ ...linkFields, endTokens: endTokensField });

const path = '/auth/emails/';
const sessionsOnly = { callers: 'session', scopes: [], needsFullLogin: true } as const;
const recentSessionsOnly = { ...sessionsOnly, needsRecentLogin: true, needsRecentCode: true } as const;

/** The caller's addresses (docs/authentication.md). */
export const emailRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    ...sessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'listEmails',
      summary: 'List the caller’s email addresses',
      description: 'The primary address receives all mail. Addresses that are not verified have no effect.',
      responses: { 200: z.array(emailShape) },
      errors: ['not-found'],
    },
    handle: list,
  },
  {
    method: 'POST',
    path,
    ...recentSessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'addEmail',
      summary: 'Add an email address',
      description: 'Sends a verification link to the new address, and a notice to the primary address.',
      responses: { 201: emailShape },
      errors: ['already-exists'],
      body: newEmailSchema,
    },
    handle: add,
  },
  {
    method: 'POST',
    path: `${path}remove/`,
    callers: 'anyone',
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'removeEmailByLink',
      summary: 'Remove an email address with a mailed link',
      description:
        'Takes the `id` and `token` of the link, and needs no login. Ends all sessions of the user. With `endTokens`, also revokes all tokens of the user.',
      isCommand: true,
      isUnrepeatable: true,
      responses: { 204: null },
      body: removalSchema,
    },
    handle: removeByLink,
  },
  {
    method: 'POST',
    path: `${path}verify/`,
    ...sessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'verifyEmail',
      summary: 'Verify an email address with a mailed link',
      description: 'Takes the `id` and `token` of the link. Only the user who added the address can verify it.',
      responses: { 204: null },
      errors: ['already-exists'],
      body: verifySchema,
    },
    handle: verify,
  },
  {
    method: 'PUT',
    path: `${path}:email/`,
    ...recentSessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'makeEmailPrimary',
      summary: 'Make an email address primary',
      description:
        'The address must be verified. An address that was verified less than seven days ago requires `password`. Returns all addresses of the user.',
      responses: { 200: z.array(emailShape) },
      errors: ['already-exists'],
      body: changeSchema,
    },
    handle: makePrimary,
  },
  {
    method: 'DELETE',
    path: `${path}:email/`,
    ...recentSessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'removeEmail',
      summary: 'Remove an email address',
      description: 'The primary address and the last address that is not new cannot be removed.',
      isCommand: true,
      responses: { 204: null },
    },
    handle: remove,
  },
  {
    method: 'POST',
    path: `${path}:email/ask/`,
    ...sessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'askForVerification',
      summary: 'Resend a verification link',
      description: 'Sends the mail with the link again. The link works for the user who added the address.',
      responses: { 202: null },
    },
    handle: sendVerification,
  },
];

async function list({ caller }: ApiRequest, { db }: Services): Promise<Reply> {
  const self = await readSelf(db, sessionOf(caller).userId);
  if (!self) throw notFound();
  const { emails, user } = self;
  return { status: 200, body: emails.map((one) => ({ ...one, isPrimary: one.email === user.email })) };
}

async function add({ caller, body }: ApiRequest, { writePath, attempts }: Services): Promise<Reply> {
  const { email } = parseBody(newEmailSchema, body);
  const { userId } = sessionOf(caller);
  await countVerification(attempts, userId, email);
  return { status: 201, body: { ...(await addEmail(writePath, ownerOf(caller), email)), isPrimary: false } };
}

async function sendVerification(request: ApiRequest, { db, writePath, attempts }: Services): Promise<Reply> {
  const { userId } = sessionOf(request.caller);
  const email = await findEmail(db, userId, namedEmail(request));
  if (email === null) throw notFound();
  await countVerification(attempts, userId, email);
  if (!(await requestVerification(writePath, ownerOf(request.caller), namedEmail(request)))) throw notFound();
  return { status: 202 };
}

async function verify(request: ApiRequest, services: Services): Promise<Reply> {
  const { id, token } = parseBody(verifySchema, request.body);
  await verifyEmail(services.writePath, ownerOf(request.caller), { tokenId: id, token }).catch((error: unknown) => {
    countWrongLink(request, services);
    throw error;
  });
  return { status: 204 };
}

async function makePrimary(request: ApiRequest, services: Services): Promise<Reply> {
  const { isPrimary, password } = parseBody(changeSchema, request.body);
  if (!isPrimary) throw new OrgError('invalid', 'Make another address the primary one instead.');
  const { userId } = sessionOf(request.caller);
  await services.attempts.count(attemptLimits.primaryAddressesPerUser, userId);
  const proof = password === undefined ? null : await confirmPassword(request, services, password);
  // Parallel changes wait for the same row, each with a connection.
  const write = { actor: request.caller.actor, owner: ownerKeyOf(request.caller), endsAccess: false };
  await services.callerLimits.writes.run(write, () =>
    makeEmailPrimary(services.writePath, ownerOf(request.caller), namedEmail(request), proof?.passwordHash ?? null),
  );
  await settleRefresh(services, userId, request.writeContext.requestId);
  return list(request, services);
}

function remove(request: ApiRequest, services: Services): Promise<Reply> {
  return runRequestCommand(services, removeEmail, {
    orgId: serverStreamId,
    actor: request.caller.actor,
    input: { owner: ownerOf(request.caller), emailId: namedEmail(request) },
    writeContext: request.writeContext,
    respond: async () => ({ status: 204 }),
  });
}

/**
 * Removes an address with the link of an email. It requires no login, so that the owner can use it
 * when another person controls the account.
 */
async function removeByLink(request: ApiRequest, services: Services): Promise<Reply> {
  const { id: tokenId, token, endTokens = false } = parseBody(removalSchema, request.body);
  const { body, headers = {} } = await runRequestCommand(services, removeEmailByLink, {
    orgId: serverStreamId,
    actor: { kind: 'system' },
    input: { tokenId, token, endTokens },
    writeContext: { ...request.writeContext, idempotencyKey: null },
    respond: async (_tx, { userId }) => ({ status: 204, body: userId }),
  }).catch((error: unknown) => {
    countWrongLink(request, services);
    throw error;
  });
  await settleRefresh(services, body as string, request.writeContext.requestId);
  return { status: 204, headers };
}

async function countVerification(attempts: AttemptLimits, userId: string, email: string): Promise<void> {
  await attempts.count(attemptLimits.verificationsPerUser, userId);
  await attempts.count(attemptLimits.verificationsPerUserDay, userId);
  await attempts.count(attemptLimits.verificationsPerAddress, email.toLowerCase());
}

/** Returns null for an address that is not the user's. */
async function findEmail(db: Db, userId: string, emailId: string): Promise<string | null> {
  const self = await readSelf(db, userId);
  return self?.emails.find(({ id }) => id === emailId)?.email ?? null;
}

function namedEmail({ params }: ApiRequest): string {
  const id = params.email!;
  if (!isId(id)) throw notFound();
  return id;
}
