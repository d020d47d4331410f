import { isId, type MemberUser } from '@rollcall/protocol';
import { erasureShape, mintedAuthenticatorShape, mintedTokenShape, userShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { notFound } from '../../domain/authorize.ts';
import { invalidFields } from '../../domain/field-errors.ts';
import { authenticatorTypes, mintAuthenticator } from '../../identity/authenticators.ts';
import { passwordLengthMax, passwordLengthMin } from '../../identity/passwords.ts';
import { digestToken, mintUserToken } from '../../identity/tokens.ts';
import { findUser, isAddressTaken, listUsers } from '../../read-path/queries/identity/find-users.ts';
import { readUserDetails } from '../../read-path/queries/identity/user-details.ts';
import { findOrganization } from '../../read-path/queries/organizations/find-organization.ts';
import { createUser, emailTaken } from '../../write-path/users/create-user.ts';
import { changeAuthenticators } from '../../write-path/users/second-factors/change-authenticators.ts';
import { createUserToken } from '../../write-path/users/tokens/create-user-token.ts';
import { revokeUserToken } from '../../write-path/users/tokens/revoke-user-token.ts';
import { serverStreamId, updateUser } from '../../write-path/users/update-user.ts';
import { eraseAndReport } from '../endpoints/identity/erase-and-report.ts';
import { hashOriginOf } from '../endpoints/identity/hash-origin.ts';
import { presentUser } from '../endpoints/identity/present-user.ts';
import { refreshMembersNow } from '../endpoints/identity/refresh-members-now.ts';
import {
  booleanField,
  choiceField,
  dateTimeField,
  emailField,
  nameField,
  parseBody,
  passwordField,
  stringField,
} from '../requests/fields.ts';
import { scopesField } from '../requests/scopes-field.ts';
import { paginateByOffset } from '../responses/pagination.ts';
import type { Services } from '../services.ts';
import { write } from '../write.ts';
import { joinDefaultOrganization } from './join-default-organization.ts';
import { type OperatorRequest, type OperatorRoute, operator } from './operator-route.ts';

const name = nameField({ max: 200, allowBlank: true }).optional();
const password = passwordField({ min: passwordLengthMin, max: passwordLengthMax }).optional();
const isActive = booleanField().optional();

const createSchema = z.object({ email: emailField(), name, password, isActive });
const updateSchema = z.object({ name, password, isActive, endTokens: booleanField().optional() });
const tokenSchema = z.object({
  scopes: scopesField(),
  name: nameField({ max: 255, allowBlank: true }).optional(),
  expiresAt: dateTimeField().optional(),
  organization: stringField({ max: 64 }).optional(),
});
const authenticatorSchema = z.object({ type: choiceField(authenticatorTypes) });

export const userRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/users/',
    metadata: {
      tag: 'Operator',
      id: 'listUsers',
      summary: 'List users',
      query: z.object({ email: z.string().optional().describe('Returns only the user with this primary email address. Case is ignored.') }),
      isPaged: true,
      responses: { 200: z.array(userShape) },
    },
    handle: listByEmail,
  },
  {
    method: 'POST',
    path: '/users/',
    metadata: {
      tag: 'Operator',
      id: 'createUser',
      summary: 'Create a user',
      description:
        'Without `password`, the user cannot log in with a password. In single-organization mode, the user joins the organization.',
      responses: { 201: userShape },
      errors: ['already-exists'],
      body: createSchema,
    },
    handle: create,
  },
  {
    method: 'PUT',
    path: '/users/:user/',
    metadata: {
      tag: 'Operator',
      id: 'updateUser',
      summary: 'Update a user',
      description:
        '`isActive: false` ends the user’s sessions, tokens and sockets on all instances. A new `password` ends the sessions, and with `endTokens` also the tokens.',
      isCommand: true,
      responses: { 200: userShape },
      body: updateSchema,
    },
    handle: update,
  },
  {
    method: 'DELETE',
    path: '/users/:user/',
    metadata: {
      tag: 'Operator',
      id: 'eraseUser',
      summary: 'Erase a user',
      description:
        'Ends the user’s memberships, sessions and tokens on all instances. Replaces their names and addresses in the state and the history of all organizations; the history follows in the background. Backups and exported files stay as they are.',
      query: z.object({ mode: z.literal('erase').describe('Required. There is no other mode.') }),
      responses: { 202: erasureShape },
      errors: ['legal-hold'],
    },
    handle: erase,
  },
  {
    method: 'POST',
    path: '/users/:user/tokens/',
    metadata: {
      tag: 'Operator',
      id: 'createTokenOfUser',
      summary: 'Create a user token',
      description: 'Only this response contains the token string. `organization` restricts the token to that organization.',
      responses: { 201: mintedTokenShape },
      body: tokenSchema,
    },
    handle: createToken,
  },
  {
    method: 'DELETE',
    path: '/users/:user/tokens/:token/',
    metadata: { tag: 'Operator', id: 'revokeTokenOfUser', summary: 'Revoke a user token', isCommand: true, responses: { 204: null } },
    handle: revokeToken,
  },
  {
    method: 'POST',
    path: '/users/:user/authenticators/',
    metadata: {
      tag: 'Operator',
      id: 'enrolAuthenticator',
      summary: 'Enrol a second factor or recovery codes for a user',
      description: 'Takes effect immediately. Only this response contains the secret or the codes.',
      isCommand: true,
      isUnrepeatable: true,
      responses: { 201: mintedAuthenticatorShape },
      body: authenticatorSchema,
    },
    handle: enrol,
  },
];

async function presentUsers(services: Services, users: readonly MemberUser[]): Promise<object[]> {
  const ids = users.map(({ id }) => id);
  const details = await readUserDetails(services.db, ids);
  return users.map((user) => presentUser(user, details.get(user.id) ?? null));
}

/** @throws OrgError `not-found` */
async function namedUser({ params }: OperatorRequest, services: Services): Promise<MemberUser> {
  const user = await findUser(services.db, params.user!);
  if (!user) throw notFound();
  return user;
}

function listByEmail(request: OperatorRequest, services: Services) {
  const email = request.query.get('email');
  return paginateByOffset(
    request,
    services,
    (limit, offset) => listUsers(services.db, email, limit, offset),
    (users) => presentUsers(services, users),
  );
}

async function create(request: OperatorRequest, services: Services) {
  const fields = parseBody(createSchema, request.body);
  if (await isAddressTaken(services.db, fields.email)) throw emailTaken();
  const id = await createUser(services.writePath, {
    email: fields.email,
    name: fields.name ?? '',
    passwordHash: fields.password === undefined ? null : await services.passwords.hash(fields.password, hashOriginOf(request, 'operator')),
    isActive: fields.isActive ?? true,
  });
  if (services.singleOrganization) await joinDefaultOrganization(services, id, request.writeContext.requestId);
  const user = await findUser(services.db, id);
  return { status: 201, body: (await presentUsers(services, [user!]))[0] };
}

async function update(request: OperatorRequest, services: Services) {
  const user = await namedUser(request, services);
  const { password: newPassword, ...fields } = parseBody(updateSchema, request.body);
  const passwordHash = newPassword && (await services.passwords.hash(newPassword, hashOriginOf(request, 'operator')));
  const { headers } = await write(services, updateUser, {
    orgId: serverStreamId,
    actor: operator,
    input: { userId: user.id, ...fields, ...(passwordHash === undefined ? {} : { passwordHash }) },
    // An idempotency key would store an unsalted digest of a body that contains the password.
    // Setting the password twice is harmless.
    writeContext: passwordHash === undefined ? request.writeContext : { ...request.writeContext, idempotencyKey: null },
    respond: async () => ({ status: 200 }),
  });
  await refreshMembersNow(services, user.id, request.writeContext.requestId);
  const [body] = await presentUsers(services, [await namedUser(request, services)]);
  return { status: 200, body, headers: headers ?? {} };
}

async function erase(request: OperatorRequest, services: Services) {
  const user = await namedUser(request, services);
  if (request.query.get('mode') !== 'erase') throw invalidFields({ mode: ['The only mode is "erase".'] });
  return eraseAndReport(services, user.id, request.writeContext.requestId);
}

async function createToken(request: OperatorRequest, services: Services) {
  const user = await namedUser(request, services);
  const fields = parseBody(tokenSchema, request.body);
  const organization = fields.organization === undefined ? null : await findOrganization(services.db, fields.organization);
  if (fields.organization !== undefined && !organization) {
    throw invalidFields({ organization: [`There is no organization "${fields.organization}".`] });
  }
  const token = mintUserToken();
  const id = await createUserToken(services.writePath, {
    userId: user.id,
    credential: null,
    name: fields.name ?? '',
    scopes: fields.scopes,
    token: digestToken(token),
    expiresAt: fields.expiresAt ?? null,
    organizationId: organization?.id ?? null,
    isNotified: false,
  });
  return { status: 201, body: { id, token, scopes: fields.scopes } };
}

async function revokeToken(request: OperatorRequest, services: Services) {
  const user = await namedUser(request, services);
  if (!isId(request.params.token!)) throw notFound();
  return write(services, revokeUserToken, {
    orgId: serverStreamId,
    actor: operator,
    input: { userId: user.id, tokenId: request.params.token!, boundOrgIds: null },
    writeContext: request.writeContext,
    respond: async () => ({ status: 204 }),
  });
}

async function enrol(request: OperatorRequest, services: Services) {
  const user = await namedUser(request, services);
  const { type } = parseBody(authenticatorSchema, request.body);
  const { shown, kept } = mintAuthenticator(type, user.id, services.secret);
  const { headers = {} } = await write(services, changeAuthenticators, {
    orgId: serverStreamId,
    actor: operator,
    input: { userId: user.id, put: [{ type, kept, lastCounter: null }], remove: [], own: null },
    // The response contains a secret that is not stored, so a retry could not repeat it.
    writeContext: { ...request.writeContext, idempotencyKey: null },
    respond: async () => ({ status: 201 }),
  });
  await refreshMembersNow(services, user.id, request.writeContext.requestId);
  return { status: 201, body: shown, headers };
}
