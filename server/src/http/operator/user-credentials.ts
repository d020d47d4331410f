import { apiLimits, isId } from '@rollcall/protocol';
import { mintedAuthenticatorShape, mintedTokenShape, userTokenShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { notFound } from '../../domain/authorize.ts';
import { invalidFields } from '../../domain/field-errors.ts';
import { authenticatorTypes, mintAuthenticator } from '../../identity/passwords/authenticators.ts';
import { digestToken, mintUserToken } from '../../identity/tokens/tokens.ts';
import { findOrganization } from '../../read-path/queries/organizations/find-organization.ts';
import { listUserTokens } from '../../read-path/queries/tokens/list-user-tokens.ts';
import { changeAuthenticators } from '../../write-path/users/second-factors/change-authenticators.ts';
import { createUserToken } from '../../write-path/users/tokens/create-user-token.ts';
import { revokeUserToken } from '../../write-path/users/tokens/revoke-user-token.ts';
import { serverStreamId } from '../../write-path/users/update-user.ts';
import { settleRefresh } from '../endpoints/identity/settle-refresh.ts';
import { presentUserToken } from '../endpoints/tokens/api-tokens.ts';
import { choiceField, dateTimeField, nameField, parseBody, stringField } from '../requests/fields.ts';
import { scopesField } from '../requests/scopes-field.ts';
import { runRequestCommand } from '../run-request-command.ts';
import type { Services } from '../services.ts';
import { namedUser } from './named-user.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

const tokenSchema = z.object({
  scopes: scopesField().describe('The scopes of the token. At least one.'),
  name: nameField({ max: apiLimits.tokenNameLengthMax, allowBlank: true }).optional().describe('Name of the token.'),
  expiresAt: dateTimeField().optional().describe('When the token expires. Default: never.'),
  organization: stringField({ max: 64 })
    .optional()
    .describe('Slug or id of the only organization that the token can reach. Default: all organizations of the user.'),
});
const authenticatorSchema = z.object({
  type: choiceField(authenticatorTypes).describe('The kind of the second factor: an authenticator app, or recovery codes.'),
});

/** The tokens and second factors of users. */
export const userCredentialRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/users/:user/tokens/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'listTokensOfUser',
      summary: 'List the tokens of a user',
      description: 'The token strings are not included.',
      responses: { 200: z.array(userTokenShape) },
    },
    handle: listTokens,
  },
  {
    method: 'POST',
    path: '/users/:user/tokens/',
    scope: 'operator:admin',
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
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'revokeTokenOfUser',
      summary: 'Revoke a user token',
      description: 'Requests with the token are refused from now on, and its sockets are closed on all instances.',
      isCommand: true,
      responses: { 204: null },
    },
    handle: revokeToken,
  },
  {
    method: 'POST',
    path: '/users/:user/authenticators/',
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'enrolAuthenticator',
      summary: 'Enroll a second factor or recovery codes for a user',
      description:
        'Takes effect immediately, ends the sessions of the user, and sends the user a mail. An authenticator app replaces the earlier one and all passkeys of the user. Only this response contains the secret or the codes.',
      isCommand: true,
      isUnrepeatable: true,
      responses: { 201: mintedAuthenticatorShape },
      body: authenticatorSchema,
    },
    handle: enrol,
  },
];

async function listTokens(request: OperatorRequest, services: Services) {
  const user = await namedUser(request, services);
  const tokens = await listUserTokens(services.db, { userId: user.id, boundOrgIds: null });
  return { status: 200, body: tokens.map(presentUserToken) };
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
  return runRequestCommand(services, revokeUserToken, {
    orgId: serverStreamId,
    actor: request.operator,
    input: { userId: user.id, tokenId: request.params.token!, boundOrgIds: null },
    writeContext: request.writeContext,
    respond: async () => ({ status: 204 }),
  });
}

const notices = { totp: 'second-factor-added', recovery: 'recovery-codes-made' } as const;

async function enrol(request: OperatorRequest, services: Services) {
  const user = await namedUser(request, services);
  const { type } = parseBody(authenticatorSchema, request.body);
  const { shown, storedSecret } = mintAuthenticator(type, user.id, services.secret);
  const { headers = {} } = await runRequestCommand(services, changeAuthenticators, {
    orgId: serverStreamId,
    actor: request.operator,
    input: {
      ...{ userId: user.id, put: [{ type, storedSecret, lastCounter: null }], notice: notices[type], keptSessionId: null },
      // The app replaces all that the user may have lost, so their passkeys go.
      remove: type === 'totp' ? ['webauthn'] : [],
    },
    // The response contains a secret that is not stored, so a retry could not repeat it.
    writeContext: { ...request.writeContext, idempotencyKey: null },
    respond: async () => ({ status: 201 }),
  });
  await settleRefresh(services, user.id, request.writeContext.requestId);
  return { status: 201, body: shown, headers };
}
