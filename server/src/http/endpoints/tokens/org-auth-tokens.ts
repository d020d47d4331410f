import type { Scope } from '@rollcall/protocol';
import { newOrgTokenShape, orgTokenShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { notFound } from '../../../domain/authorize.ts';
import { usedCredentialOf } from '../../../identity/caller.ts';
import { minterOf } from '../../../identity/tokens/org-token.ts';
import { listOrgTokens, type StoredOrgToken } from '../../../read-path/queries/tokens/list-org-tokens.ts';
import { findNameFault } from '../../../runtime/text/name-text.ts';
import { createOrgToken } from '../../../write-path/commands/tokens/create-org-token.ts';
import { removeOrgToken } from '../../../write-path/commands/tokens/remove-org-token.ts';
import { renameOrgToken } from '../../../write-path/commands/tokens/rename-org-token.ts';
import { parseFields, stringField } from '../../requests/fields.ts';
import { idOf } from '../../requests/id-of.ts';
import { assertRecentLogin, mayWrite } from '../../requests/recent-login.ts';
import { scopesField } from '../../requests/scopes-field.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';

const anyOrgScope: readonly Scope[] = ['org:read', 'org:write', 'org:admin'];
const path = '/organizations/:org/org-auth-tokens/';
const one = `${path}:authToken/`;

const nameSchema = z.object({
  name: stringField({ max: Number.POSITIVE_INFINITY, allowBlank: true }).describe('Name of the token, at most 255 characters.'),
});
const newTokenSchema = nameSchema.extend({ scopes: scopesField().optional().describe('The scopes of the token. Default: `org:ci`.') });

/** An organization's tokens (REST contract 10.1). */
export const orgAuthTokenRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    scopes: anyOrgScope,
    metadata: {
      tag: 'Organization tokens',
      id: 'listOrgTokens',
      summary: 'List an organization’s tokens',
      description: 'Most recently used tokens first, then sorted by name. The token strings are not included.',
      responses: { 200: z.array(orgTokenShape) },
    },
    handle: list,
  },
  {
    method: 'POST',
    path,
    scopes: anyOrgScope,
    metadata: {
      tag: 'Organization tokens',
      id: 'createOrgToken',
      summary: 'Create an organization token',
      description:
        'Only this response contains the token string. `scopes` defaults to `org:ci`. Other scopes must be within the caller’s own. Service tokens can’t create tokens. In a session, scopes other than `…:read` and `org:ci` require a recent login (`sudo-required`). The owners get a mail about the token.',
      isUnrepeatable: true,
      responses: { 201: newOrgTokenShape },
      body: newTokenSchema,
    },
    handle: create,
  },
  {
    method: 'GET',
    path: one,
    scopes: anyOrgScope,
    metadata: {
      tag: 'Organization tokens',
      id: 'readOrgToken',
      summary: 'Retrieve an organization token',
      description: 'Only the last four characters of the token string are included.',
      responses: { 200: orgTokenShape },
    },
    handle: read,
  },
  {
    method: 'PUT',
    path: one,
    scopes: anyOrgScope,
    metadata: {
      tag: 'Organization tokens',
      id: 'renameOrgToken',
      summary: 'Rename an organization token',
      description: 'The token string stays the same. The audit log has no entry for it.',
      responses: { 204: null },
      body: nameSchema,
    },
    handle: rename,
  },
  {
    method: 'DELETE',
    path: one,
    scopes: ['org:write', 'org:admin'],
    metadata: {
      tag: 'Organization tokens',
      id: 'removeOrgToken',
      summary: 'Revoke an organization token',
      description: 'Closes the sockets that the token opened.',
      responses: { 204: null },
    },
    handle: remove,
  },
];

/** Returns a name that the command will refuse, untrimmed, because it may be valid when trimmed. */
function faultyNameOf(body: unknown): string | null {
  const { name } = (body ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' && findNameFault(name) !== null ? name : null;
}

function presentToken({ record, dateLastUsed }: StoredOrgToken): object {
  return { ...record, dateLastUsed, projectLastUsedId: null };
}

async function list({ org, caller }: ApiRequest, { db }: Services): Promise<Reply> {
  return { status: 200, body: (await listOrgTokens(db, org.id, caller.actor)).map(presentToken) };
}

async function create({ org, caller, body, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  const { fields, malformed } = parseFields(newTokenSchema, body);
  // A missing name, and one that is not a string, is treated as blank. The command has an error
  // text for that.
  const { name: _blank, ...malformedElse } = malformed;
  const { scopes = ['org:ci'] } = fields;
  if (mayWrite(scopes)) assertRecentLogin(caller, org);
  return runRequestCommand(services, createOrgToken, {
    orgId: org.id,
    actor: caller.actor,
    input: {
      name: faultyNameOf(body) ?? fields.name ?? '',
      scopes,
      mint: minterOf(services.publicUrl),
      credential: usedCredentialOf(caller),
    },
    malformed: malformedElse,
    // The response contains the token's text, which is not stored, not even for a retry.
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (_tx, { record, text }) => ({ status: 201, body: { ...presentToken({ record, dateLastUsed: null }), token: text } }),
  });
}

async function read({ org, caller, params }: ApiRequest, { db }: Services): Promise<Reply> {
  const [token] = await listOrgTokens(db, org.id, caller.actor, idOf(params.authToken));
  if (!token) throw notFound();
  return { status: 200, body: presentToken(token) };
}

async function rename({ org, caller, params, body, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  return runRequestCommand(services, renameOrgToken, {
    orgId: org.id,
    actor: caller.actor,
    // A name that is missing or not a string is treated as blank. The command has an error text for
    // that.
    input: { tokenId: params.authToken ?? '', name: faultyNameOf(body) ?? parseFields(nameSchema, body).fields.name ?? '' },
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}

async function remove({ org, caller, params, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  return runRequestCommand(services, removeOrgToken, {
    orgId: org.id,
    actor: caller.actor,
    input: { tokenId: params.authToken ?? '' },
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}
