import type * as z from 'zod';
import { perPageMax } from '../pagination.ts';
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
const slugOrId = 'slug or id. Digits alone are an id.';

/** Descriptions of the parameters in paths. */
const segments: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>> = {
  org: { description: `The organization: ${slugOrId}`, schema: text },
  organization: { description: 'Slug or id of the organization.', schema: text },
  team: { description: `The team: ${slugOrId}`, schema: text },
  project: { description: `The project: ${slugOrId}`, schema: text },
  member: { description: 'Id of the member; `me` is the caller’s own.', schema: text },
  request: { description: 'Id of the request.', schema: id },
  key: { description: 'Id of the key: its public part.', schema: text },
  authToken: { description: 'Id of the token.', schema: id },
  token: { description: 'Id of the token; in an invite its text.', schema: text },
  email: { description: 'Id of the address.', schema: id },
  session: { description: 'Id of the session.', schema: id },
  user: { description: 'Id of the user.', schema: id },
};

/** Parameters that many operations share, by their names among the components. */
export const sharedParameters = {
  cursor: {
    name: 'cursor',
    in: 'query',
    description: 'Where the page begins, as the `Link` header of another page says.',
    schema: text,
  },
  perPage: {
    name: 'per_page',
    in: 'query',
    description: 'How many there are on a page.',
    schema: { type: 'integer', minimum: 1, maximum: perPageMax, default: perPageMax },
  },
  idempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Any text of the caller’s, such as a UUID. A call that is sent again with the same key gets the first answer and changes nothing.',
    schema: { type: 'string', maxLength: 255 },
  },
  ifMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'An `X-Org-Revision`. When the organization has moved on since, nothing is done and the answer is 412.',
    schema: text,
  },
} as const satisfies Record<string, Parameter>;

const shared = (name: keyof typeof sharedParameters): Reference => ({ $ref: `#/components/parameters/${name}` });

export function parametersOf(route: DescribedRoute): (Parameter | Reference)[] {
  const { path, metadata } = route;
  return [
    ...pathParametersOf(path).map((name): Parameter => ({ name, in: 'path', required: true, ...segmentNamed(name) })),
    ...queryOf(metadata.query),
    ...(metadata.isPaged ? [shared('perPage'), shared('cursor')] : []),
    ...(isCommand(route) && !metadata.isUnrepeatable ? [shared('idempotencyKey')] : []),
    ...(isCommand(route) ? [shared('ifMatch')] : []),
  ];
}

function segmentNamed(name: string) {
  const segment = segments[name];
  if (!segment) throw new Error(`Nothing says what :${name} is in a path: describe it in openapi/parameters.ts.`);
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
