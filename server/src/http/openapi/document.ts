import { mapYielding } from '../../runtime/tasks/map-yielding.ts';
import { type DescribedTable, templateOf } from './described-route.ts';
import type { Examples } from './examples.ts';
import { exampleOf, header, type Operation, operationOf, type ResponseDescription, sharedHeaders } from './operations.ts';
import { sharedParameters } from './parameters.ts';
import { problemShapeOf, problemStatuses } from './problems.ts';
import { tags } from './route-metadata.ts';
import { type SchemaOptions, type WrittenShapes, writeShapes } from './schemas.ts';

const intro = `A REST API that is compatible with Sentry’s organization API. Requests and responses are JSON. Every path ends with a slash, except those of SCIM. Unknown keys in a request body are ignored, except in the operator API, which refuses them.

Ids are strings of decimal digits. Dates are ISO 8601 in UTC. A \`PUT\` is a partial update: fields that are absent keep their values. Boolean fields also accept \`1\`, \`"true"\`, \`"yes"\` and \`"on"\`, and \`0\`, \`"false"\`, \`"no"\` and \`"off"\`.

Every change creates a new revision of its organization. The response contains that revision in the header \`X-Org-Revision\`, so a client with a replica can wait until the replica has reached it. \`docs/protocol.md\` in the repository describes how changes are pushed to clients.

Requests to \`/api/0\` are limited per credential and per IP address. The headers \`X-Sentry-Rate-Limit-Limit\`, \`-Remaining\` and \`-Reset\` describe the limit that is closest to being reached. A request over a limit gets 429 with \`Retry-After\`.`;

const securitySchemes = {
  token: { type: 'http', scheme: 'bearer', description: 'A user token. It must have one of the listed scopes.' },
  organizationToken: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An organization token. It must have one of the listed scopes. It has no user, so only the operations that list it accept it.',
  },
  scimToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'The token of an organization for SCIM. The operations of SCIM accept it, and no others.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'rollcall_session',
    description: 'The session cookie of a browser, which the login sets. With HTTPS, its name is `__Host-rollcall_session`.',
  },
  operator: {
    type: 'http',
    scheme: 'bearer',
    description: 'An operator token, or the one that the environment variable `OPERATOR_TOKEN` sets.',
  },
} as const;

/** The parts of OpenAPI 3.1 that we write. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, { readonly type: string; readonly description: string }>>;
    readonly parameters: typeof sharedParameters;
    readonly headers: typeof sharedHeaders;
    readonly responses: Readonly<Record<string, ResponseDescription>>;
    readonly schemas: WrittenShapes['components'];
  };
}

export interface DocumentOptions extends SchemaOptions {
  readonly examples?: Examples;
  /** The server's name for its users. */
  readonly title?: string;
}

/** Describes the whole REST API in OpenAPI 3.1, based on the route tables. */
export async function describeApi(
  tables: readonly DescribedTable[],
  version: string,
  { title = 'Rollcall', examples = {}, ...options }: DocumentOptions = { isClosed: false },
): Promise<OpenApiDocument> {
  const rows = tables.flatMap(({ base, routes }) => routes.map((route) => ({ base, route })));
  const problems = [...problemStatuses()].map(([status, problem]) => ({ status, ...problem, shape: problemShapeOf(status) }));
  const used = rows.flatMap(({ route }) => Object.values(route.metadata.responses)).filter((shape) => shape !== null);
  const shapes = writeShapes([...used, ...problems.map(({ shape }) => shape)], options);

  const paths: Record<string, Record<string, Operation>> = {};
  const operations = await mapYielding(rows, ({ base, route }) => ({
    path: templateOf(base, route.path),
    method: route.method.toLowerCase(),
    operation: operationOf(route, shapes, { isOperator: base === '/api/operator', examples }),
  }));
  for (const { path, method, operation } of operations) paths[path] = { ...paths[path], [method]: operation };
  return {
    openapi: '3.1.1',
    info: { title, version, description: intro },
    servers: [{ url: '/' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes,
      parameters: sharedParameters,
      headers: sharedHeaders,
      responses: Object.fromEntries(
        problems.map(({ name, ...problem }) => [
          name,
          problemResponse({ ...problem, example: examples.errors?.[problem.status]?.response }, shapes),
        ]),
      ),
      schemas: shapes.components,
    },
  };
}

interface ProblemAt {
  readonly status: number;
  readonly description: string;
  readonly shape: Parameters<WrittenShapes['of']>[0];
  readonly example: unknown;
}

function problemResponse({ status, description, shape, example }: ProblemAt, shapes: WrittenShapes): ResponseDescription {
  const names = [
    'X-Sentry-Error',
    ...(status === 401 ? ['WWW-Authenticate'] : []),
    ...(status === 429 || status >= 500 ? ['Retry-After'] : []),
  ];
  return {
    description,
    headers: Object.fromEntries(names.map((name) => [name, header(name)])),
    content: { 'application/json': { schema: shapes.of(shape), ...exampleOf(example) } },
  };
}
