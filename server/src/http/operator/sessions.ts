import { endedCredentialsShape, endedSessionsShape, openSessionsShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { countSessions } from '../../read-path/queries/identity/count-sessions.ts';
import { endSessions } from '../../write-path/users/sessions/end-sessions.ts';
import { endSessionsThrough } from '../../write-path/users/sessions/end-sessions-through.ts';
import { serverStreamId } from '../../write-path/users/update-user.ts';
import { booleanField, idField, parseBody } from '../requests/fields.ts';
import { runRequestCommand } from '../run-request-command.ts';
import type { Services } from '../services.ts';
import { namedUser } from './named-user.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

const ofUserSchema = z.object({ tokens: booleanField().optional().describe('Also revokes the tokens of the user. Default: false.') });
const ofAllSchema = z.object({ through: idField().describe('Id of the last session that ends. Sessions that began later stay.') });

/** The sessions of users, which the operator ends after a leak. */
export const sessionRoutes: readonly OperatorRoute[] = [
  {
    method: 'DELETE',
    path: '/users/:user/sessions/',
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'endSessionsOfUser',
      summary: 'End all sessions of a user',
      description:
        'Their sockets are closed on all instances. The user can log in again. With `tokens=true`, also revokes the user’s tokens.',
      isCommand: true,
      query: ofUserSchema,
      responses: { 200: endedCredentialsShape },
    },
    handle: endOfUser,
  },
  {
    method: 'GET',
    path: '/sessions/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'countSessions',
      summary: 'Count the sessions of all users',
      description: '`lastId` is what the request that ends them takes.',
      responses: { 200: openSessionsShape },
    },
    handle: count,
  },
  {
    method: 'DELETE',
    path: '/sessions/',
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'endAllSessions',
      summary: 'End the sessions of all users',
      description:
        'Ends up to 500 sessions, the oldest first, and closes their sockets on all instances. Repeat it until `isComplete` is true. Sessions that began after the one with the id `through` stay, and so do tokens.',
      isCommand: true,
      query: ofAllSchema,
      responses: { 200: endedSessionsShape },
    },
    handle: endAll,
  },
];

async function endOfUser(request: OperatorRequest, services: Services) {
  const user = await namedUser(request, services);
  const { tokens = false } = parseBody(ofUserSchema, Object.fromEntries(request.query));
  return runRequestCommand(services, endSessions, {
    orgId: serverStreamId,
    actor: request.operator,
    input: { userId: user.id, sessionId: null, endTokens: tokens },
    writeContext: request.writeContext,
    respond: async (_tx, { ended, endedTokens }) => {
      const body: ResponseOf<typeof endedCredentialsShape> = { sessions: ended, tokens: endedTokens };
      return { status: 200, body };
    },
  });
}

async function count(_request: OperatorRequest, { db }: Services) {
  const body: ResponseOf<typeof openSessionsShape> = await countSessions(db);
  return { status: 200, body };
}

function endAll(request: OperatorRequest, services: Services) {
  const { through } = parseBody(ofAllSchema, Object.fromEntries(request.query));
  return runRequestCommand(services, endSessionsThrough, {
    orgId: serverStreamId,
    actor: request.operator,
    input: { throughId: through },
    writeContext: request.writeContext,
    respond: async (_tx, ended) => {
      const body: ResponseOf<typeof endedSessionsShape> = ended;
      return { status: 200, body };
    },
  });
}
