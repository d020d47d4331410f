import { apiLimits, OrgError } from '@rollcall/protocol';
import { newUserTokenShape, userTokenShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { invalidFields } from '../../../domain/field-errors.ts';
import { usedCredentialOf } from '../../../identity/caller.ts';
import { digestToken, mintUserToken } from '../../../identity/tokens/tokens.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { listUserTokens, type UserTokenRow } from '../../../read-path/queries/tokens/list-user-tokens.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { createUserToken } from '../../../write-path/users/tokens/create-user-token.ts';
import { revokeUserToken } from '../../../write-path/users/tokens/revoke-user-token.ts';
import { serverStreamId } from '../../../write-path/users/update-user.ts';
import { dateTimeField, idField, messages, nameField, parseBody } from '../../requests/fields.ts';
import { assertRecentLogin, mayWrite } from '../../requests/recent-login.ts';
import { scopesField } from '../../requests/scopes-field.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import { originOfCall } from '../../security-events/request-origin.ts';
import type { Services } from '../../services.ts';
import { sessionOf } from '../identity/session-caller.ts';

const newTokenSchema = z.object({
  name: nameField({ max: apiLimits.tokenNameLengthMax, allowBlank: true }).optional().describe('Name of the token.'),
  scopes: scopesField().describe('The scopes of the token. At least one.'),
  organization: idField()
    .optional()
    .describe('Id of the only organization that the token can reach. Default: all organizations of the user.'),
  expiresAt: dateTimeField().optional().describe('When the token expires, in the future. Default: never.'),
});
const removalSchema = z.object({ tokenId: idField().describe('Id of the token.') });

const path = '/api-tokens/';

/**
 * A user's own tokens, for browser sessions only: a token cannot create another (REST contract
 * 10.2).
 */
export const apiTokenRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    callers: 'session',
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'listUserTokens',
      summary: 'List the caller’s user tokens',
      description: 'The token strings are not included.',
      responses: { 200: z.array(userTokenShape) },
    },
    handle: list,
  },
  {
    method: 'POST',
    path,
    callers: 'session',
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'createUserToken',
      summary: 'Create a user token',
      description:
        'Only this response contains the token string. Scopes other than `…:read` and `org:ci` require a recent login (`sudo-required`), and the user gets a mail about the token. `organization` is the id of the only organization that the token is for. A session that began with single sign-on can only create tokens with `organization`.',
      responses: { 201: newUserTokenShape },
      errors: ['not-found'],
      body: newTokenSchema,
    },
    handle: create,
  },
  {
    method: 'DELETE',
    path,
    callers: 'session',
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'removeUserToken',
      summary: 'Revoke a user token',
      description: 'Closes the sockets that the token opened.',
      isCommand: true,
      responses: { 204: null },
      errors: ['not-found'],
      body: removalSchema,
    },
    handle: remove,
  },
];

export function presentUserToken({ id, name, scopes, ...rest }: UserTokenRow): object {
  return { id, name, scopes: [...scopes].sort(), application: null, state: null, ...rest };
}

async function list({ caller }: ApiRequest, { db }: Services): Promise<Reply> {
  const tokens = await listUserTokens(db, sessionOf(caller));
  return { status: 200, body: tokens.map(presentUserToken) };
}

async function create({ caller, body, inSlot }: ApiRequest, { db, writePath, attempts }: Services): Promise<Reply> {
  const { name = '', scopes, organization, expiresAt = null } = parseBody(newTokenSchema, body);
  if (expiresAt !== null && Date.parse(expiresAt) <= Date.now()) throw invalidFields({ expiresAt: ['The expiry must be in the future.'] });
  const { userId, boundOrgIds } = sessionOf(caller);
  const organizationId = boundOrgIds === null ? (organization ?? null) : boundOrganization(boundOrgIds, organization);
  if (organizationId !== null) await inSlot(() => authorizeReader(db, organizationId, caller.actor));
  await attempts.count(attemptLimits.userTokensPerUser, userId);
  const isNotified = mayWrite(scopes);
  if (isNotified) {
    assertRecentLogin(caller, organizationId === null ? null : { id: organizationId });
    await attempts.count(attemptLimits.writingTokensPerUser, userId);
  }
  const text = mintUserToken();
  const token = digestToken(text);
  const made = { userId, credential: usedCredentialOf(caller), name, scopes, token, expiresAt, organizationId, isNotified };
  const id = await createUserToken(writePath, made);
  const shown = (await listUserTokens(db, { userId, boundOrgIds })).find((one) => one.id === id);
  if (!shown) throw new OrgError('not-found', 'The token was revoked immediately after its creation.');
  return { status: 201, body: { ...presentUserToken(shown), token: text } };
}

/**
 * A session that began with single sign-on gives access to the organizations of its bindings, and
 * so do the tokens that it makes.
 * @throws OrgError `invalid`
 */
function boundOrganization(boundOrgIds: ReadonlySet<string>, requested: string | undefined): string {
  const [only] = boundOrgIds.size === 1 ? boundOrgIds : [];
  const organizationId = requested ?? only;
  if (organizationId === undefined) throw invalidFields({ organization: [messages.required] });
  if (!boundOrgIds.has(organizationId)) throw invalidFields({ organization: ['This session gives no access to that organization.'] });
  return organizationId;
}

async function remove(request: ApiRequest, services: Services): Promise<Reply> {
  const { caller, body, writeContext } = request;
  const { tokenId } = parseBody(removalSchema, body);
  const reply = await runRequestCommand(services, revokeUserToken, {
    orgId: serverStreamId,
    actor: caller.actor,
    input: { ...sessionOf(caller), tokenId },
    writeContext,
    respond: async () => ({ status: 204 }),
  });
  const target = { kind: 'token', id: tokenId };
  services.writePath.securityEvents.record({
    ...originOfCall(request),
    event: 'token.revoke',
    kind: 'personal',
    outcome: 'success',
    target,
  });
  return reply;
}
