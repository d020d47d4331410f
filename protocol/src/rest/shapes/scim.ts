import * as z from 'zod';
import { orgRoleIds } from '../../roles.ts';
import { dateTime, id, named } from './shape.ts';

/** REST contract 12. The keys are those of RFC 7643 and RFC 7644. */

const meta = (resourceType: 'User' | 'Group') =>
  z.object({
    resourceType: z.literal(resourceType).describe('Type of the resource.'),
    location: z.string().describe('URL of the resource.'),
    created: dateTime.describe('When the resource was created.'),
  });
const schemas = z.array(z.string()).describe('URNs of the schemas that the object conforms to.');
const externalId = z.string().optional().describe('The id at the identity provider.');

export const scimUserShape = named(
  'ScimUser',
  'A member or an invite as a SCIM user.',
  z.object({
    schemas,
    id: id.describe('Id of the member.'),
    externalId,
    userName: z.string().describe('The email address.'),
    name: z
      .object({
        givenName: z.string().describe('The first name, as far as it is known.'),
        familyName: z.string().describe('The last name, as far as it is known.'),
      })
      .describe('The name of the user.'),
    emails: z
      .array(
        z.object({
          primary: z.boolean().describe('Always true.'),
          value: z.string().describe('The email address.'),
          type: z.string().describe('The kind of the address.'),
        }),
      )
      .describe('The email address as a list.'),
    meta: meta('User').describe('Metadata of the resource.'),
    sentryOrgRole: z.enum(orgRoleIds).describe('Role of the member.'),
    active: z.boolean().optional().describe('False only in the response that removes the member. Absent for Entra ID.'),
  }),
);

export const scimGroupShape = named(
  'ScimGroup',
  'A team as a SCIM group.',
  z.object({
    schemas,
    id: id.describe('Id of the team.'),
    externalId,
    displayName: z.string().describe('Name of the team.'),
    members: z
      .array(z.object({ value: id.describe('Id of the member.'), display: z.string().describe('Email address of the member.') }))
      .optional()
      .describe('The first 10,000 members. Absent if the request excludes them.'),
    meta: meta('Group').describe('Metadata of the resource.'),
  }),
);

const listOf = (item: z.ZodType) =>
  z.object({
    schemas,
    totalResults: z.int().min(0).describe('Number of all results.'),
    startIndex: z.int().min(1).describe('Position of the first result in this page, starting at 1.'),
    itemsPerPage: z.int().min(0).describe('Number of items in this page.'),
    Resources: z.array(item).describe('The results of this page.'),
  });
export const scimUserListShape = named('ScimUserList', 'A page of SCIM users.', listOf(scimUserShape));
export const scimGroupListShape = named('ScimGroupList', 'A page of SCIM groups.', listOf(scimGroupShape));

export const scimResourceTypeShape = named(
  'ScimResourceType',
  'A type of SCIM resources.',
  z.object({
    schemas,
    id: z.string().describe('Id of the resource type.'),
    name: z.string().describe('Name of the resource type.'),
    endpoint: z.string().describe('Path of the resources, below the base URL.'),
    description: z.string().describe('Description of the resource type.'),
    schema: z.string().describe('URN of the schema of the resources.'),
    meta: z
      .object({
        resourceType: z.literal('ResourceType').describe('Always `ResourceType`.'),
        location: z.string().describe('URL of the resource type.'),
      })
      .describe('Metadata of the resource type.'),
  }),
);
export const scimResourceTypeListShape = named('ScimResourceTypeList', 'The types of SCIM resources.', listOf(scimResourceTypeShape));

/** Attributes as in RFC 7643, section 7. */
export const scimSchemaListShape = named(
  'ScimSchemaList',
  'The schemas of SCIM resources.',
  listOf(
    z.object({
      schemas,
      id: z.string().describe('URN of the schema.'),
      name: z.string().describe('Name of the schema.'),
      description: z.string().describe('Description of the schema.'),
      attributes: z
        .array(
          z.looseObject({
            name: z.string().describe('Name of the attribute.'),
            type: z.string().describe('Type of the attribute, such as `string`.'),
          }),
        )
        .describe('The attributes, as in RFC 7643, section 7.'),
      meta: z
        .object({ resourceType: z.literal('Schema').describe('Always `Schema`.'), location: z.string().describe('URL of the schema.') })
        .describe('Metadata of the schema.'),
    }),
  ),
);

const supported = z.object({ supported: z.boolean().describe('Whether the server supports the feature.') });

export const scimServiceProviderConfigShape = named(
  'ScimServiceProviderConfig',
  'The SCIM features that the server supports.',
  z.object({
    schemas,
    documentationUri: z.string().describe('URL of the documentation.'),
    patch: supported.describe('Support for updates of parts of a resource.'),
    bulk: supported
      .extend({
        maxOperations: z.int().describe('Maximum number of operations per request.'),
        maxPayloadSize: z.int().describe('Maximum size of a request in bytes.'),
      })
      .describe('Support for several operations in one request.'),
    filter: supported
      .extend({ maxResults: z.int().describe('Maximum number of results per page.') })
      .describe('Support for filters in lists.'),
    changePassword: supported.describe('Support for changes of passwords.'),
    sort: supported.describe('Support for sorting of lists.'),
    etag: supported.describe('Support for entity tags of resources.'),
    authenticationSchemes: z
      .array(
        z.object({
          type: z.string().describe('Type of the scheme, such as `oauthbearertoken`.'),
          name: z.string().describe('Name of the scheme.'),
          description: z.string().describe('Description of the scheme.'),
          primary: z.boolean().describe('Whether this is the preferred scheme.'),
        }),
      )
      .describe('The ways to authenticate.'),
    meta: z
      .object({
        resourceType: z.literal('ServiceProviderConfig').describe('Always `ServiceProviderConfig`.'),
        location: z.string().describe('URL of this document.'),
      })
      .describe('Metadata of this document.'),
  }),
);

export const newScimTokenShape = named(
  'NewScimToken',
  'A new token for SCIM.',
  z.object({
    base_url: z.string().describe('The address to enter at the identity provider.'),
    token: z.string().describe('The token string. Only this response contains it.'),
  }),
);

export const scimErrorShape = named(
  'ScimError',
  'An error as in RFC 7644, section 3.12. Programs should use the code in `X-Sentry-Error`.',
  z.looseObject({
    schemas,
    status: z.string().describe('The HTTP status.'),
    detail: z
      .union([z.string(), z.looseObject({ code: z.string().describe('The error code.') })])
      .describe('The error text. Errors of fields are JSON text. A refusal with a code has an object with that code.'),
    scimType: z.string().optional().describe('The SCIM type of the error, such as `uniqueness` or `invalidFilter`.'),
  }),
);
