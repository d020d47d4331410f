import { scimUserListShape, scimUserShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { inviteEmailField } from '../../../http/endpoints/members/member-fields.ts';
import { field, parseFields } from '../../../http/requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import type { Services } from '../../../http/services.ts';
import { scimCreateUser } from '../commands/scim-create-user.ts';
import { scimRemoveUser } from '../commands/scim-remove-user.ts';
import { scimUpdateUser } from '../commands/scim-update-user.ts';
import { listScimUsers, readScimUsers } from '../queries/list-scim-users.ts';
import { readStateForScim } from '../queries/scim-reader.ts';
import { presentScimUser } from './present-scim.ts';
import { patchDescription, wholeUserDescription } from './scim-bodies.ts';
import { parseUserFilter } from './scim-filter.ts';
import { listQuery, presentList, readWindow } from './scim-list.ts';
import { externalIdDescription, parseReplacedUser, parseUserPatch, parseWholeUser } from './scim-patch.ts';
import { scimProblem } from './scim-problem.ts';
import { memberReadScopes, memberWriteScopes, noContent, scimRoute } from './scim-route.ts';

const newUserSchema = z.object({
  userName: inviteEmailField().describe('Email address of the person to invite.'),
  sentryOrgRole: field({ type: 'string' }, (value) => value)
    .optional()
    .describe('Role of the member. Default: the default role of the organization.'),
  externalId: field(externalIdDescription, (value) => value).optional(),
});

const one = '/Users/:scimUser';

/** Members as users of an identity provider (REST contract 12.1). */
export const scimUserRoutes: readonly Route[] = [
  scimRoute({
    method: 'GET',
    path: '/Users',
    scopes: memberReadScopes,
    metadata: {
      id: 'listScimUsers',
      summary: 'List users',
      description:
        'Members and pending invites, sorted by email address. Filters: `userName` or `emails.value`, `externalId`, `id` or `value`, and `active`.',
      query: listQuery,
      responses: { 200: scimUserListShape },
    },
    handle: list,
  }),
  scimRoute({
    method: 'POST',
    path: '/Users',
    scopes: memberWriteScopes,
    metadata: {
      id: 'createScimUser',
      summary: 'Create a user',
      description:
        'Invites a person. `userName` is their email address. Without `sentryOrgRole`, they get the organization’s default role. Unknown attributes are ignored.',
      responses: { 201: scimUserShape },
      errors: ['already-exists'],
      body: newUserSchema,
    },
    handle: create,
  }),
  scimRoute({
    method: 'GET',
    path: one,
    scopes: memberReadScopes,
    metadata: {
      id: 'readScimUser',
      summary: 'Retrieve a user',
      description: 'For requests to join and requests to invite, the response is 404.',
      responses: { 200: scimUserShape },
    },
    handle: read,
  }),
  scimRoute({
    method: 'PATCH',
    path: one,
    scopes: memberWriteScopes,
    metadata: {
      id: 'updateScimUser',
      summary: 'Change a user',
      description:
        'Changes `active`, `sentryOrgRole` and `externalId`. Other attributes are ignored. A user whose `active` becomes false is removed, and the response is 204.',
      responses: { 200: scimUserShape, 204: null },
      errors: ['already-exists'],
      bodyDescription: patchDescription,
    },
    handle: patch,
  }),
  scimRoute({
    method: 'PUT',
    path: one,
    scopes: memberWriteScopes,
    metadata: {
      id: 'replaceScimUser',
      summary: 'Replace a user',
      description:
        'Works like `PATCH` with the whole user. Without `sentryOrgRole`, a role that the identity provider chose becomes the organization’s default role. A user whose `active` is false is removed, and the response shows the former user.',
      responses: { 200: scimUserShape },
      errors: ['already-exists'],
      bodyDescription: wholeUserDescription,
    },
    handle: replace,
  }),
  scimRoute({
    method: 'DELETE',
    path: one,
    scopes: ['member:admin'],
    metadata: {
      id: 'removeScimUser',
      summary: 'Remove a user',
      description: 'Removes the member or the invite from the organization. The user keeps their account.',
      responses: { 204: null },
    },
    handle: remove,
  }),
];

/** As in Sentry, the attribute is absent for Entra ID. Null leaves it out. */
function activeFor(providerKey: string | undefined, isRemoved = false): boolean | null {
  return providerKey === 'active-directory' && !isRemoved ? null : !isRemoved;
}

async function list(request: ApiRequest, services: Services): Promise<Reply> {
  const state = await readStateForScim(services.db, request.org.id, request.caller.actor, memberReadScopes);
  const terms = parseUserFilter(request.query.get('filter'));
  const window = readWindow(request);
  const page = await listScimUsers(services.db, request.org.id, terms, window);
  const active = activeFor(state.authProvider?.key);
  const users = page.items.map((user) => presentScimUser(user, active, request, services));
  return { status: 200, body: presentList(page, window, users) };
}

async function read(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, params } = request;
  const state = await readStateForScim(services.db, org.id, caller.actor, memberReadScopes);
  const [user] = await readScimUsers(services.db, org.id, [params.scimUser ?? '']);
  if (!user) throw scimProblem('User not found.', undefined, 'not-found');
  return { status: 200, body: presentScimUser(user, activeFor(state.authProvider?.key), request, services) };
}

async function create(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, body, writeContext } = request;
  await request.inSlot(() => readStateForScim(services.db, org.id, caller.actor, memberWriteScopes));
  const { fields, malformed } = parseFields(newUserSchema, body);
  const { userName: email, ...otherErrors } = malformed;
  const { role = '', externalId = null, active = true } = parseWholeUser(body);
  if (!active) throw scimProblem('An inactive user cannot be created.', 'invalidValue');
  return runRequestCommand(services, scimCreateUser, {
    orgId: org.id,
    actor: caller.actor,
    input: { email: fields.userName ?? null, role, externalId },
    // Sentry names the field `email` in its errors.
    malformed: email ? { ...otherErrors, email } : otherErrors,
    writeContext,
    respond: async (_tx, user) => ({ status: 201, body: presentScimUser(user, activeFor(user.providerKey), request, services) }),
  });
}

async function patch(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, params, body, writeContext } = request;
  await request.inSlot(() => readStateForScim(services.db, org.id, caller.actor, memberWriteScopes));
  return runRequestCommand(services, scimUpdateUser, {
    orgId: org.id,
    actor: caller.actor,
    input: { user: params.scimUser ?? '', change: parseUserPatch(body) },
    writeContext,
    respond: async (_tx, user) =>
      user.isRemoved ? noContent : { status: 200, body: presentScimUser(user, activeFor(user.providerKey), request, services) },
  });
}

async function replace(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, params, body, writeContext } = request;
  await request.inSlot(() => readStateForScim(services.db, org.id, caller.actor, memberWriteScopes));
  return runRequestCommand(services, scimUpdateUser, {
    orgId: org.id,
    actor: caller.actor,
    input: { user: params.scimUser ?? '', change: parseReplacedUser(body) },
    writeContext,
    respond: async (_tx, user) => {
      const active = activeFor(user.providerKey, user.isRemoved);
      return { status: 200, body: presentScimUser(user, active, request, services) };
    },
  });
}

async function remove({ org, caller, params, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  return runRequestCommand(services, scimRemoveUser, {
    orgId: org.id,
    actor: caller.actor,
    input: { user: params.scimUser ?? '' },
    writeContext,
    respond: async () => noContent,
  });
}
