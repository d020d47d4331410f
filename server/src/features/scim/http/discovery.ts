import {
  type ResponseOf,
  scimErrorShape,
  scimResourceTypeListShape,
  scimResourceTypeShape,
  scimSchemaListShape,
  scimServiceProviderConfigShape,
} from '@rollcall/protocol/rest/shapes';
import { scimErrorSchema } from '../../../http/responses/scim-envelope.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import type { Services } from '../../../http/services.ts';
import { scimLimits } from '../limits.ts';
import { readStateForScim } from '../queries/scim-reader.ts';
import { groupSchema, userSchema } from './present-scim.ts';
import { presentList } from './scim-list.ts';
import { scimProblem } from './scim-problem.ts';
import { memberReadScopes, scimRoute, scimUrl } from './scim-route.ts';
import { scimSchemas } from './scim-schemas.ts';

/** The description of this server's SCIM for identity providers (RFC 7644, section 4). */

type Handle = (request: ApiRequest, services: Services) => Reply;

/** Responses that don't depend on the organization. Only callers who may use SCIM get them. */
function forScim(handle: Handle): Route['handle'] {
  return async (request, services) => {
    await readStateForScim(services.db, request.org.id, request.caller.actor, memberReadScopes);
    return handle(request, services);
  };
}

const names = ['User', 'Group'] as const;

function resourceType(name: (typeof names)[number], request: ApiRequest, services: Services): ResponseOf<typeof scimResourceTypeShape> {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id: name,
    name,
    endpoint: `/${name}s`,
    description: name === 'User' ? 'Members and invites' : 'Teams',
    schema: name === 'User' ? userSchema : groupSchema,
    meta: { resourceType: 'ResourceType', location: scimUrl(request, services, `/ResourceTypes/${name}`) },
  };
}

function all<Item>(items: readonly Item[]) {
  return presentList({ total: items.length, items }, { offset: 0, limit: items.length }, items);
}

function serviceProviderConfig(request: ApiRequest, services: Services): ResponseOf<typeof scimServiceProviderConfigShape> {
  const no = { supported: false };
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    documentationUri: `${services.publicUrl}/api/docs`,
    patch: { supported: true },
    bulk: { ...no, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: scimLimits.pageItems.value },
    changePassword: no,
    sort: no,
    etag: no,
    authenticationSchemes: [
      { type: 'oauthbearertoken', name: 'OAuth Bearer Token', description: 'The token of the organization for SCIM.', primary: true },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: scimUrl(request, services, '/ServiceProviderConfig') },
  };
}

export const scimDiscoveryRoutes: readonly Route[] = [
  scimRoute({
    method: 'GET',
    path: '/Schemas',
    scopes: memberReadScopes,
    metadata: {
      id: 'listScimSchemas',
      summary: 'List the schemas of SCIM',
      description: 'Describes the attributes of users and groups, as in RFC 7643, section 7.',
      responses: { 200: scimSchemaListShape },
    },
    handle: forScim((request, services) => {
      const schemas = scimSchemas.map((schema) => {
        const location = scimUrl(request, services, `/Schemas/${schema.id}`);
        return { ...schema, meta: { resourceType: 'Schema', location } };
      });
      return { status: 200, body: all(schemas) };
    }),
  }),
  scimRoute({
    method: 'GET',
    path: '/ServiceProviderConfig',
    scopes: memberReadScopes,
    metadata: {
      id: 'readScimServiceProviderConfig',
      summary: 'Retrieve the features of SCIM',
      description: 'States what the server supports of SCIM, as in RFC 7643, section 5.',
      responses: { 200: scimServiceProviderConfigShape },
    },
    handle: forScim((request, services) => ({ status: 200, body: serviceProviderConfig(request, services) })),
  }),
  scimRoute({
    method: 'GET',
    path: '/ResourceTypes',
    scopes: memberReadScopes,
    metadata: {
      id: 'listScimResourceTypes',
      summary: 'List the resource types',
      description: 'Lists users and groups, as in RFC 7643, section 6.',
      responses: { 200: scimResourceTypeListShape },
    },
    handle: forScim((request, services) => {
      return { status: 200, body: all(names.map((name) => resourceType(name, request, services))) };
    }),
  }),
  scimRoute({
    method: 'GET',
    path: '/ResourceTypes/:resourceType',
    scopes: memberReadScopes,
    metadata: {
      id: 'readScimResourceType',
      summary: 'Retrieve a resource type',
      description: 'Describes users or groups, as in RFC 7643, section 6.',
      responses: { 200: scimResourceTypeShape },
    },
    handle: forScim((request, services) => {
      const name = names.find((one) => one === request.params.resourceType);
      if (!name) throw scimProblem('Resource type not found.', undefined, 'not-found');
      return { status: 200, body: resourceType(name, request, services) };
    }),
  }),
  scimRoute({
    method: 'GET',
    path: '/Me',
    scopes: memberReadScopes,
    metadata: {
      id: 'readScimMe',
      summary: 'Retrieve the caller’s user',
      description: 'Not implemented, because a token has no user.',
      responses: { 501: scimErrorShape },
    },
    handle: forScim(() => {
      return { status: 501, body: { schemas: [scimErrorSchema], status: '501', detail: 'This server does not implement /Me.' } };
    }),
  }),
];
