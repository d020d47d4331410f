import { type ResponseOf, ssoIdentityShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import { field, messages, parseFields } from '../../../http/requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import type { Command } from '../../../write-path/command.ts';
import { runSystemCommand } from '../../../write-path/run-system-command.ts';
import { endSessions } from '../../../write-path/users/sessions/end-sessions.ts';
import { reauthenticateSessions } from '../../../write-path/users/sessions/reauthenticate-sessions.ts';
import { serverStreamId } from '../../../write-path/users/update-user.ts';
import type { EndedIdentity } from '../commands/login/load-identity.ts';
import { markIdentityInvalid } from '../commands/login/mark-identity-invalid.ts';
import { unlinkIdentity } from '../commands/login/unlink-identity.ts';
import { readSsoIdentity } from '../queries/sso-identity.ts';
import type { SingleSignOnServices } from '../services.ts';

const path = '/organizations/:org/members/:member/sso-identity/';
const invalidSchema = z.object({
  invalid: field({ type: 'boolean', enum: [true] }, (value, refuse) =>
    value === true ? value : refuse(messages.notChoice(value)),
  ).describe('True makes the linked identity invalid.'),
});
const bySession = { callers: 'session', needsRecentLogin: true, scopes: [] } as const satisfies Partial<Route>;

/** The identity of a member at the organization's identity provider (REST contract 13.9). */
export const ssoIdentityRoutes: readonly Route<SingleSignOnServices>[] = [
  {
    method: 'GET',
    path,
    scopes: ['member:read', 'member:write', 'member:admin'],
    metadata: {
      tag: 'Single sign-on',
      id: 'readSsoIdentity',
      summary: 'Retrieve a member’s linked identity',
      description: 'Available to the member, and to callers who may remove the member.',
      isForUsers: true,
      responses: { 200: ssoIdentityShape },
    },
    handle: read,
  },
  {
    method: 'PUT',
    path,
    ...bySession,
    metadata: {
      tag: 'Single sign-on',
      id: 'invalidateSsoIdentity',
      summary: 'Mark a member’s identity as invalid',
      description: 'Takes `invalid: true`. The logins with the identity end, and the member has to link it again.',
      isUnrepeatable: true,
      responses: { 200: ssoIdentityShape },
      body: invalidSchema,
    },
    handle: invalidate,
  },
  {
    method: 'DELETE',
    path,
    ...bySession,
    metadata: {
      tag: 'Single sign-on',
      id: 'unlinkSsoIdentity',
      summary: 'Unlink a member’s identity',
      description: 'The logins with the identity end.',
      isUnrepeatable: true,
      responses: { 204: null },
    },
    handle: unlink,
  },
];

async function read({ org, caller, params }: ApiRequest, { db }: SingleSignOnServices): Promise<Reply> {
  return { status: 200, body: presentIdentity(await readSsoIdentity(db, org.id, caller.actor, params.member!)) };
}

function presentIdentity({
  subject,
  email,
  isEmailVerified,
  dateLinked,
  lastLogin,
}: EndedIdentity['identity']): ResponseOf<typeof ssoIdentityShape> {
  return { subject, email, isEmailVerified, dateLinked, lastLogin };
}

async function invalidate(request: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  const { malformed } = parseFields(invalidSchema, request.body);
  const { identity, headers } = await endIdentity(markIdentityInvalid, request, services, malformed);
  return { status: 200, body: presentIdentity(identity), headers };
}

async function unlink(request: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  const { headers } = await endIdentity(unlinkIdentity, request, services);
  return { status: 204, headers };
}

/** Runs the command, and then closes the sockets of the sessions that it ended. */
async function endIdentity(
  command: typeof markIdentityInvalid | typeof unlinkIdentity,
  { org, caller, params, writeContext }: ApiRequest,
  services: SingleSignOnServices,
  malformed: FieldErrors = {},
) {
  const { body, headers = {} } = await runRequestCommand(services, command, {
    orgId: org.id,
    actor: caller.actor,
    input: { member: params.member! },
    malformed,
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (_tx, ended) => ({ status: 200, body: ended }),
  });
  const { identity, sessions } = body as EndedIdentity;
  await closeSockets(sessions, org.id, services, writeContext).catch((error: unknown) => {
    services.writePath.log.warn({ orgId: org.id, error: String(error) }, 'could not close the sockets of sessions whose binding ended');
  });
  return { identity, headers };
}

/**
 * The bindings have already ended, and sessions without another binding have expired. After a
 * crash, the sweep ends those.
 */
async function closeSockets(
  sessions: EndedIdentity['sessions'],
  orgId: string,
  { writePath }: SingleSignOnServices,
  { requestId, receipt }: ApiRequest['writeContext'],
) {
  const run = async <Input>(command: Command<Input, unknown, unknown>, input: Input) => {
    const committed = await runSystemCommand(writePath, command, { orgId: serverStreamId, input, requestId });
    if (committed) receipt?.add(committed);
  };
  for (const { id, userId } of sessions.filter(({ isOnlyBinding }) => isOnlyBinding)) {
    await run(endSessions, { userId, sessionId: id, endTokens: false });
  }
  const lasting = sessions.filter(({ isOnlyBinding }) => !isOnlyBinding);
  if (lasting.length > 0) await run(reauthenticateSessions, { orgId, sessions: lasting });
}
