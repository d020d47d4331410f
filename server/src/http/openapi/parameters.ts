import type * as z from 'zod';
import { fieldLimits } from '../../runtime/limits/rows/fields.ts';
import { type DescribedRoute, isCommand, pathParametersOf } from './described-route.ts';
import { type JsonSchema, writeInput } from './schemas.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}
export interface Reference {
  readonly $ref: string;
}

const id = { type: 'string', pattern: '^[0-9]+$' } as const;
const text = { type: 'string' } as const;
const slugOrId = (noun: string) => `Slug or id of the ${noun}. A value of digits only is an id.`;

/** Descriptions of the parameters in paths. */
const segments: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>> = {
  org: { description: slugOrId('organization'), schema: text },
  // In the operator API.
  operatorOrg: { description: 'Slug or id of the organization, or `external:` and the external id.', schema: text },
  organization: { description: 'Slug or id of the organization.', schema: text },
  scimUser: { description: 'Id of the member or invite.', schema: text },
  scimGroup: { description: slugOrId('team'), schema: text },
  resourceType: { description: '`User` or `Group`.', schema: text },
  team: { description: slugOrId('team'), schema: text },
  project: { description: slugOrId('project'), schema: text },
  member: { description: 'Id of the member, invite or request. For a member, `me` is the caller’s own membership.', schema: text },
  passkey: { description: 'Id of the passkey.', schema: id },
  request: { description: 'Id of the access request.', schema: id },
  key: { description: 'Id of the client key, which is its public part.', schema: text },
  authToken: { description: 'Id of the organization token.', schema: id },
  token: { description: 'Id of the user token, or the token of the invite.', schema: text },
  webhook: { description: 'Id of the webhook.', schema: id },
  integration: { description: 'Id of the integration.', schema: id },
  mapping: { description: 'Id of the mapping.', schema: id },
  domain: { description: 'Id of the domain.', schema: id },
  email: { description: 'Id of the email address.', schema: id },
  export: { description: 'Id of the export.', schema: id },
  session: { description: 'Id of the session.', schema: id },
  test: { description: 'Id of the test, from the response that started it.', schema: text },
  user: { description: 'Id of the user, or `external:` and the external id.', schema: text },
};

/** Parameters that many operations share, by their names among the components. */
export const sharedParameters = {
  cursor: {
    name: 'cursor',
    in: 'query',
    description: 'The `cursor` of a link in the `Link` header of another page. Without it, the response is the first page.',
    schema: text,
  },
  perPage: {
    name: 'per_page',
    in: 'query',
    description: 'Number of items per page.',
    schema: { type: 'integer', minimum: 1, maximum: fieldLimits.pageItems.value, default: fieldLimits.pageItems.value },
  },
  idempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'A unique text that the client chooses, such as a UUID. A repeated request with the same key gets the first response again and changes nothing.',
    schema: { type: 'string', maxLength: 255 },
  },
  prefer: {
    name: 'Prefer',
    in: 'header',
    description:
      '`wait=<seconds>`, above 0 and at most 10. The response to a change then comes when all instances have applied it, or after that time, with `Rollcall-Applied`.',
    schema: text,
  },
  ifMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'A value of `X-Org-Revision`. If the organization is at another revision, the response is 412 and nothing changes.',
    schema: text,
  },
} as const satisfies Record<string, Parameter>;

const shared = (name: keyof typeof sharedParameters): Reference => ({ $ref: `#/components/parameters/${name}` });

export function parametersOf(route: DescribedRoute): (Parameter | Reference)[] {
  const { path, metadata } = route;
  return [
    ...pathParametersOf(path).map((name): Parameter => {
      const segment = name === 'org' && metadata.tag === 'Operator' ? 'operatorOrg' : name;
      return { name, in: 'path', required: true, ...segmentNamed(segment) };
    }),
    ...queryOf(metadata.query),
    ...(metadata.isPaged ? [shared('perPage'), shared('cursor')] : []),
    ...(isCommand(route) && !metadata.isUnrepeatable ? [shared('idempotencyKey')] : []),
    ...(isCommand(route) ? [shared('ifMatch'), shared('prefer')] : []),
  ];
}

function segmentNamed(name: string) {
  const segment = segments[name];
  if (!segment) throw new Error(`The path parameter :${name} has no description. Add one to openapi/parameters.ts.`);
  return segment;
}

function queryOf(query: z.ZodObject | undefined): Parameter[] {
  if (!query) return [];
  const { properties = {}, required = [] } = writeInput(query);
  return Object.entries(properties).map(([name, property]): Parameter => {
    const { description, ...schema } = property as JsonSchema;
    return { name, in: 'query', ...(required.includes(name) ? { required: true } : {}), ...(description ? { description } : {}), schema };
  });
}
