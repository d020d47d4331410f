import { collections as allCollections, apiLimits, type Collection, isId, type Scope, unitFacts, units } from '@rollcall/protocol';
import { mintedServiceTokenShape, serviceTokenShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { parseAddressRules } from '../../domain/address-rules.ts';
import { notFound } from '../../domain/authorize.ts';
import { invalidFields } from '../../domain/field-errors.ts';
import { digestToken, mintServiceToken } from '../../identity/tokens/tokens.ts';
import { listServiceTokens } from '../../read-path/queries/tokens/list-service-tokens.ts';
import { createServiceToken } from '../../write-path/service-tokens/create-service-token.ts';
import { revokeServiceToken } from '../../write-path/service-tokens/revoke-service-token.ts';
import { serverStreamId } from '../../write-path/users/update-user.ts';
import { choiceField, dateTimeField, listField, messages, nameField, parseBody, stringField } from '../requests/fields.ts';
import { scopesField } from '../requests/scopes-field.ts';
import type { Reply } from '../route.ts';
import { runRequestCommand } from '../run-request-command.ts';
import type { Services } from '../services.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

const collection = choiceField(allCollections);
// The longest network has 43 characters. An address in another form may have a few more.
const address = stringField({ max: 64 });

const tokenSchema = z.object({
  name: nameField({ max: apiLimits.tokenNameLengthMax }).describe('Name of the token.'),
  collections: listField<Collection>(allCollections.length, { type: 'string', enum: [...allCollections] }, (item, refuse) => {
    const parsed = collection.safeParse(item);
    return parsed.success ? parsed.data : refuse(messages.notChoice(item));
  })
    .optional()
    .describe('The collections that subscriptions contain. Default: all.'),
  scopes: scopesField().optional().describe('The scopes of the token. Default: all scopes that only read.'),
  expiresAt: dateTimeField().optional().describe('When the token expires. Default: never.'),
  addresses: listField<string>(apiLimits.addressRulesMax, { type: 'string', description: 'An address or a network.' }, (item, refuse) => {
    const parsed = address.safeParse(item);
    return parsed.success ? parsed.data : refuse(messages.notString);
  })
    .optional()
    .describe('The addresses and networks from which the token is valid. Default: any.'),
});

const path = '/service-tokens/';

/** Credentials of services that have access to every organization (REST contract 10.4). */
export const serviceTokenRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path,
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'listServiceTokens',
      summary: 'List the service tokens',
      description: 'The token strings are not included.',
      responses: { 200: z.array(serviceTokenShape) },
    },
    handle: async (_request, { db }) => ({ status: 200, body: await listServiceTokens(db) }),
  },
  {
    method: 'POST',
    path,
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'createServiceToken',
      summary: 'Create a service token',
      description:
        'Only this response contains the token string. The token has access to every organization, regardless of what the organization requires of its members. `collections` limits what subscriptions contain (default: all). `scopes` limits what requests may do; by default, they may read what `collections` contain.',
      isUnrepeatable: true,
      responses: { 201: mintedServiceTokenShape },
      body: tokenSchema,
    },
    handle: create,
  },
  {
    method: 'DELETE',
    path: `${path}:token/`,
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'revokeServiceToken',
      summary: 'Revoke a service token',
      description: 'Closes the connections that the token opened, on all instances.',
      isCommand: true,
      responses: { 204: null },
    },
    handle: revoke,
  },
];

async function create({ body }: OperatorRequest, { db, writePath }: Services): Promise<Reply> {
  const { name, collections = null, scopes, expiresAt = null, addresses } = parseBody(tokenSchema, body);
  const text = mintServiceToken();
  const id = await createServiceToken(writePath, {
    name,
    collections,
    scopes: scopes ?? readScopesOf(collections ?? allCollections),
    expiresAt,
    addresses: addresses === undefined ? null : normalized(addresses),
    token: digestToken(text),
  });
  const shown = (await listServiceTokens(db)).find((one) => one.id === id);
  if (!shown) throw notFound('The token was revoked immediately after its creation.');
  return { status: 201, body: { ...shown, token: text } };
}

/** The scopes with which a caller may read these collections, and write nothing. */
function readScopesOf(collections: readonly Collection[]): Scope[] {
  const shown = units.filter((unit) => collections.includes(unitFacts[unit].collection));
  return [...new Set(shown.flatMap((unit) => unitFacts[unit].scopes))].filter((scope) => scope.endsWith(':read')).sort();
}

/** @throws OrgError `invalid` */
function normalized(addresses: readonly string[]): string[] {
  const { rules, errors } = parseAddressRules(addresses.map((cidr) => ({ cidr })));
  if (errors.length > 0) throw invalidFields({ addresses: errors });
  return rules.map(({ cidr }) => cidr);
}

async function revoke({ params, writeContext, operator }: OperatorRequest, services: Services): Promise<Reply> {
  if (!isId(params.token!)) throw notFound();
  return runRequestCommand(services, revokeServiceToken, {
    orgId: serverStreamId,
    actor: operator,
    input: { tokenId: params.token! },
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}
