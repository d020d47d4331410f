import { selfShape, sessionShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { notFound } from '../../../domain/authorize.ts';
import { listSessions } from '../../../read-path/queries/identity/list-sessions.ts';
import { endBinding } from '../../../write-path/users/sessions/end-binding.ts';
import { serverStreamId } from '../../../write-path/users/update-user.ts';
import { idField, parseBody } from '../../requests/fields.ts';
import { assertRecentLogin } from '../../requests/recent-login.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import { originOfCall } from '../../security-events/request-origin.ts';
import type { Services } from '../../services.ts';
import { endSession, nullIfNotFound, replyLoggedOut } from './end-session.ts';
import { endTokensField } from './end-tokens-field.ts';
import { login, loginSchema } from './login.ts';
import { register, registerSchema } from './register.ts';
import { sessionOf } from './session-caller.ts';

const endSchema = z.object({ endTokens: endTokensField });
const logOutSchema = z.object({
  organization: idField().optional().describe('Id of the organization whose login by single sign-on ends. The session continues.'),
});

/** The start and the end of browser sessions (docs/authentication.md). */
export const sessionRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/auth/login/',
    callers: 'anyone',
    scopes: [],
    metadata: {
      tag: 'Sessions',
      id: 'logIn',
      summary: 'Log in',
      description:
        'Starts a session and sets its cookie. If the user has a second factor and `otp` is missing or wrong, the response is 401 with the code `2fa-required`.',
      responses: { 200: selfShape },
      body: loginSchema,
    },
    handle: login,
  },
  {
    method: 'POST',
    path: '/auth/register/',
    callers: 'anyone',
    scopes: [],
    metadata: {
      tag: 'Sessions',
      id: 'register',
      summary: 'Create an account with an invite',
      description:
        'Creates a user with the invited email address, starts a session and sets its cookie. The invite must be accepted in a further request.',
      responses: { 201: selfShape },
      errors: ['already-exists'],
      body: registerSchema,
    },
    handle: register,
  },
  {
    method: 'POST',
    path: '/auth/logout/',
    callers: 'anyone',
    endsAccess: true,
    scopes: [],
    metadata: {
      tag: 'Sessions',
      id: 'logOut',
      summary: 'Log out',
      description:
        'Ends the caller’s session, if any, and clears its cookie. With `organization`, only ends the session’s login by single sign-on to that organization.',
      responses: { 204: null },
      body: logOutSchema,
    },
    async handle(request, services) {
      const { organization } = parseBody(logOutSchema, request.body);
      if (!request.callerIfAny?.session) return replyLoggedOut(services);
      const { sessionId, boundOrgIds } = sessionOf(request.caller);
      const isLast = organization !== undefined && boundOrgIds?.size === 1 && boundOrgIds.has(organization);
      if (organization !== undefined && !isLast) return endOneBinding(request, services, organization);
      await endSession(request, services, sessionId);
      const target = { kind: 'session', id: sessionId };
      services.writePath.securityEvents.record({ ...originOfCall(request), event: 'session.end', kind: 'own', outcome: 'success', target });
      return replyLoggedOut(services);
    },
  },
  {
    method: 'POST',
    path: '/auth/logout-all/',
    callers: 'session',
    isForEnrolment: true,
    needsFullLogin: true,
    needsRecentLogin: true,
    scopes: [],
    metadata: {
      tag: 'Sessions',
      id: 'logOutEverywhere',
      summary: 'Log out everywhere',
      description: 'Ends all sessions of the user. With `endTokens`, also revokes all tokens of the user.',
      responses: { 204: null },
      body: endSchema,
    },
    async handle(request, services) {
      await endSession(request, services, null, parseBody(endSchema, request.body).endTokens);
      return replyLoggedOut(services);
    },
  },
  {
    method: 'GET',
    path: '/auth/sessions/',
    callers: 'session',
    needsFullLogin: true,
    scopes: [],
    metadata: {
      tag: 'Sessions',
      id: 'listSessions',
      summary: 'List the caller’s sessions',
      description: 'Most recently used sessions first.',
      responses: { 200: z.array(sessionShape) },
    },
    async handle({ caller }, { db }) {
      const { userId, sessionId } = sessionOf(caller);
      const sessions = await listSessions(db, userId);
      return { status: 200, body: sessions.map((session) => ({ ...session, isCurrent: session.id === sessionId })) };
    },
  },
  {
    method: 'DELETE',
    path: '/auth/sessions/:session/',
    callers: 'session',
    needsFullLogin: true,
    scopes: [],
    metadata: {
      tag: 'Sessions',
      id: 'removeSession',
      summary: 'End a session',
      description:
        'Ends one of the caller’s sessions. With `endTokens`, also revokes all tokens of the user. Another session than the caller’s own, and `endTokens`, need a login of the last two hours.',
      responses: { 204: null },
      body: endSchema,
    },
    async handle(request, services) {
      const { endTokens } = parseBody(endSchema, request.body);
      const sessionId = request.params.session!;
      if (endTokens || sessionId !== request.caller.credentialId) assertRecentLogin(request.caller, null);
      if ((await endSession(request, services, sessionId, endTokens)) === 0) throw notFound();
      return sessionId === request.caller.credentialId ? replyLoggedOut(services) : { status: 204 };
    },
  },
];

/** Ends the session's login by single sign-on to one organization. The session remains. */
async function endOneBinding({ caller, writeContext }: ApiRequest, services: Services, orgId: string): Promise<Reply> {
  const { userId, sessionId } = sessionOf(caller);
  const reply = await nullIfNotFound(
    runRequestCommand(services, endBinding, {
      orgId: serverStreamId,
      actor: caller.actor,
      input: { userId, sessionId, orgId },
      writeContext: { ...writeContext, idempotencyKey: null, ifMatch: null },
      respond: async (_tx, { isEnded }) => ({ status: 204, body: isEnded }),
    }),
  );
  if (reply?.body === true) services.writePath.counters.increment('ssoEnds');
  return { status: 204 };
}
