import * as z from 'zod';
import { orgRoleIds } from '../../roles.ts';
import { dateTime, id, named } from './shape.ts';

/** REST contract 12. The keys are those of RFC 7643 and RFC 7644. */

const meta = (resourceType: 'User' | 'Group') =>
  z.object({ resourceType: z.literal(resourceType), location: z.string(), created: dateTime });
const externalId = z.string().optional().describe('The id at the identity provider.');

export const scimUserShape = named(
  'ScimUser',
  z.object({
    schemas: z.array(z.string()),
    id: id.describe('Id of the member.'),
    externalId,
    userName: z.string().describe('The email address.'),
    name: z.object({ givenName: z.string(), familyName: z.string() }),
    emails: z.array(z.object({ primary: z.boolean(), value: z.string(), type: z.string() })),
    meta: meta('User'),
    sentryOrgRole: z.enum(orgRoleIds),
    active: z.boolean().optional().describe('False only in the response that removes the member. Absent for Entra ID.'),
  }),
);

export const scimGroupShape = named(
  'ScimGroup',
  z.object({
    schemas: z.array(z.string()),
    id: id.describe('Id of the team.'),
    externalId,
    displayName: z.string(),
    members: z
      .array(z.object({ value: id, display: z.string() }))
      .optional()
      .describe('The first 10,000 members. Absent if the request excludes them.'),
    meta: meta('Group'),
  }),
);

const listOf = (item: z.ZodType) =>
  z.object({
    schemas: z.array(z.string()),
    totalResults: z.int().min(0),
    startIndex: z.int().min(1),
    itemsPerPage: z.int().min(0).describe('Number of items in this page.'),
    Resources: z.array(item),
  });
export const scimUserListShape = named('ScimUserList', listOf(scimUserShape));
export const scimGroupListShape = named('ScimGroupList', listOf(scimGroupShape));

export const scimResourceTypeShape = named(
  'ScimResourceType',
  z.object({
    schemas: z.array(z.string()),
    id: z.string(),
    name: z.string(),
    endpoint: z.string(),
    description: z.string(),
    schema: z.string(),
    meta: z.object({ resourceType: z.literal('ResourceType'), location: z.string() }),
  }),
);
export const scimResourceTypeListShape = named('ScimResourceTypeList', listOf(scimResourceTypeShape));

/** Attributes as in RFC 7643, section 7. */
export const scimSchemaListShape = named(
  'ScimSchemaList',
  listOf(
    z.object({
      schemas: z.array(z.string()),
      id: z.string(),
      name: z.string(),
      description: z.string(),
      attributes: z.array(z.looseObject({ name: z.string(), type: z.string() })),
      meta: z.object({ resourceType: z.literal('Schema'), location: z.string() }),
    }),
  ),
);

const supported = z.object({ supported: z.boolean() });

export const scimServiceProviderConfigShape = named(
  'ScimServiceProviderConfig',
  z.object({
    schemas: z.array(z.string()),
    documentationUri: z.string(),
    patch: supported,
    bulk: supported.extend({ maxOperations: z.int(), maxPayloadSize: z.int() }),
    filter: supported.extend({ maxResults: z.int() }),
    changePassword: supported,
    sort: supported,
    etag: supported,
    authenticationSchemes: z.array(z.object({ type: z.string(), name: z.string(), description: z.string(), primary: z.boolean() })),
    meta: z.object({ resourceType: z.literal('ServiceProviderConfig'), location: z.string() }),
  }),
);

export const newScimTokenShape = named(
  'NewScimToken',
  z.object({
    base_url: z.string().describe('The address to enter at the identity provider.'),
    token: z.string().describe('The token string. Only this response contains it.'),
  }),
);

export const scimErrorShape = named(
  'ScimError',
  z
    .looseObject({
      schemas: z.array(z.string()),
      status: z.string().describe('The HTTP status.'),
      detail: z
        .union([z.string(), z.looseObject({ code: z.string() })])
        .describe('For people. Errors of fields are JSON text. Refusals with a code have it here, as in the rest of the API.'),
      scimType: z.string().optional(),
    })
    .describe('An error as in RFC 7644, section 3.12. Programs should use the code in `X-Sentry-Error`.'),
);
