import { STATUS_CODES } from 'node:http';
import { scimErrorShape } from '@rollcall/protocol/rest/shapes';
import type * as z from 'zod';
import { type DescribedRoute, isCommand } from './described-route.ts';
import type { Example, Examples } from './examples.ts';
import { type Parameter, parametersOf, type Reference } from './parameters.ts';
import { problemStatuses, problemsOf } from './problems.ts';
import type { Tag } from './route-metadata.ts';
import { type JsonSchema, type WrittenShapes, writeInput } from './schemas.ts';

export interface Header {
  readonly description: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
}
export interface MediaType {
  readonly schema: JsonSchema;
  readonly example?: unknown;
}
export interface ResponseDescription {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Header | Reference>>;
  readonly content?: Readonly<Record<string, MediaType>>;
}
export interface Operation {
  readonly operationId: string;
  readonly tags: readonly [Tag];
  readonly summary: string;
  readonly description: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly (Parameter | Reference)[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, MediaType>> };
  readonly responses: Readonly<Record<string, ResponseDescription | Reference>>;
}

export interface OperationAt {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const statuses = problemStatuses();

interface OperationContext {
  readonly isOperator: boolean;
  readonly examples: Examples;
}

/** Converts a row of the route table to an operation. */
export function operationOf(route: DescribedRoute, shapes: WrittenShapes, { isOperator, examples }: OperationContext): Operation {
  const { metadata } = route;
  const own = examples[metadata.id] ?? {};
  const answers = Object.entries(metadata.responses).map(
    ([status, shape]) =>
      [status, responseOf(route, { status: Number(status), shape, example: own[status] ?? examples.redirects?.[status] }, shapes)] as const,
  );
  const problems = problemsOf(route).map((status) => [status, problemOf(route, status, { shapes, examples })] as const);
  return {
    operationId: metadata.id,
    tags: [metadata.tag],
    summary: metadata.summary,
    description: descriptionOf(route),
    security: isOperator ? [{ operator: [route.scope!] }] : securityOf(route),
    parameters: parametersOf(route),
    ...bodyOf(route, Object.values(own)),
    responses: Object.fromEntries([...answers, ...problems]),
  };
}

/** SCIM has a form of its own for errors. */
function problemOf(
  route: DescribedRoute,
  status: number,
  { shapes, examples }: { readonly shapes: WrittenShapes; readonly examples: Examples },
): ResponseDescription | Reference {
  const { name, description } = statuses.get(status)!;
  if (!route.isScim) return { $ref: `#/components/responses/${name}` };
  return {
    description,
    headers: { 'X-Sentry-Error': header('X-Sentry-Error') },
    content: contentOf(route, { schema: shapes.of(scimErrorShape), ...exampleOf(examples.scimErrors?.[status]?.response) }),
  };
}

function contentOf({ isScim }: DescribedRoute, media: MediaType): Record<string, MediaType> {
  return { 'application/json': media, ...(isScim ? { 'application/scim+json': media } : {}) };
}

function contentOfResponse(route: DescribedRoute, media: MediaType): Record<string, MediaType> {
  const { responseType } = route.metadata;
  return responseType ? { [responseType]: media } : contentOf(route, media);
}

function descriptionOf({ metadata, callers, needsRecentLogin }: DescribedRoute): string {
  const exemption = callers === 'session' ? '' : ' Tokens are exempt.';
  const recent = `The login of a session must be at most two hours old. Otherwise the response is 401 with the code \`sudo-required\`.${exemption}`;
  return needsRecentLogin ? `${metadata.description}\n\n${recent}` : metadata.description;
}

/** Any one of these suffices, and any one of a token's scopes. */
function securityOf({ metadata, callers, isScim, scopes = [] }: DescribedRoute): Operation['security'] {
  const session = { session: [] };
  if (callers === 'session') return [session];
  const schemes = ['token', ...(isScim ? ['scimToken'] : metadata.isForUsers ? [] : ['organizationToken'])];
  const tokens = schemes.flatMap((scheme) => (scopes.length === 0 ? [{ [scheme]: [] }] : scopes.map((scope) => ({ [scheme]: [scope] }))));
  return [...(callers === 'anyone' ? [{}] : []), ...tokens, session];
}

/** @param examples one for each successful status */
function bodyOf(route: DescribedRoute, examples: readonly Example[]): Pick<Operation, 'requestBody'> {
  const { metadata } = route;
  if (metadata.bodyType) return { requestBody: { required: true, content: { [metadata.bodyType]: { schema: { type: 'string' } } } } };
  const schema = metadata.body ? writeInput(metadata.body) : metadata.bodyDescription;
  if (!schema) return {};
  const media = { schema, ...exampleOf(examples.find(({ request }) => request !== undefined)?.request) };
  return { requestBody: { required: (schema.required ?? []).length > 0, content: contentOf(route, media) } };
}

export function exampleOf(example: unknown): Pick<MediaType, 'example'> {
  return example === undefined ? {} : { example };
}

interface OwnResponse {
  readonly status: number;
  readonly shape: z.ZodType | null;
  readonly example: Example | undefined;
}

function responseOf(route: DescribedRoute, { status, shape, example }: OwnResponse, shapes: WrittenShapes): ResponseDescription {
  const isDone = status < 300;
  const headers = {
    ...(isDone && route.metadata.isPaged ? { Link: header('Link') } : {}),
    ...(isDone && isCommand(route) ? Object.fromEntries(commandHeaders.map((name) => [name, header(name)])) : {}),
    ...(isDone && route.metadata.hasOrgRevision ? { 'X-Org-Revision': header('X-Org-Revision') } : {}),
    ...(status === 302 ? { Location: header('Location') } : {}),
  };
  return {
    description: status === 302 ? 'The project has a new slug.' : STATUS_CODES[status]!,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(shape === null ? {} : { content: contentOfResponse(route, { schema: shapes.of(shape), ...exampleOf(example?.response) }) }),
  };
}

const commandHeaders = ['X-Org-Revision', 'Preference-Applied', 'Rollcall-Applied'] as const;

/** Headers that operations share, by their names among the components. */
export const sharedHeaders: Readonly<Record<string, Header>> = {
  Link: {
    description:
      'Links to the previous and the next page, such as `<…?&cursor=100:1:0>; rel="next"; results="true"; cursor="100:1:0"`. Both are always present, and `results` is `"true"` if that page has items. The header is absent if the response is the complete list.',
    schema: { type: 'string' },
  },
  'X-Org-Revision': {
    description: 'The organization’s revision after the request, as `<epoch>.<revision>`. A replica at this revision contains the change.',
    required: true,
    schema: { type: 'string', pattern: '^[0-9a-f-]{36}\\.[0-9]+$' },
  },
  'Preference-Applied': {
    description: '`wait`, if the response waited because of `Prefer: wait`.',
    schema: { type: 'string', enum: ['wait'] },
  },
  'Rollcall-Applied': {
    description:
      'Whether all instances have applied the change and ended the subscriptions that it ends, such as `complete; instances=2; ended=12; ms=38` or `partial; instances=1; missing=1; ended=5; ms=10000`. Present only if the request had `Prefer: wait` and changed something.',
    schema: { type: 'string' },
  },
  Location: { description: 'The same path with the current slug.', required: true, schema: { type: 'string' } },
  'X-Sentry-Error': { description: 'The error code, such as `invalid` or `forbidden`.', required: true, schema: { type: 'string' } },
  'Retry-After': { description: 'Number of seconds to wait before a retry.', schema: { type: 'integer', minimum: 0 } },
  'WWW-Authenticate': {
    description:
      '`xBasic realm="api"`. Browsers show no login dialog for this scheme. If a token of another issuer is refused, a challenge of the scheme `Bearer` follows, whose `error_description` is the reason. Its `error` is `insufficient_user_authentication` if the login of the token is too old (RFC 9470).',
    required: true,
    schema: { type: 'string' },
  },
};

export function header(name: string): Reference {
  return { $ref: `#/components/headers/${name}` };
}
