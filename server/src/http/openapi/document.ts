import { type DescribedTable, templateOf } from './described-route.ts';
import { type Answered, header, type Operation, operationOf, sharedHeaders } from './operations.ts';
import { sharedParameters } from './parameters.ts';
import { problemShapeOf, problemStatuses } from './problems.ts';
import { tags } from './route-metadata.ts';
import { type SchemaOptions, type WrittenShapes, writeShapes } from './schemas.ts';

const intro = `REST, compatible with Sentry’s API for organizations. JSON in and out; paths end with a slash, and unknown keys of a body are ignored.

Ids are decimal strings. A \`PUT\` is partial: what is absent stays as it is. Where a boolean is asked for, \`"true"\`, \`1\`, \`"yes"\` and \`"on"\` are taken too.

Every change has a revision of its organization, which its answer names in \`X-Org-Revision\`; whoever holds a replica can wait for it. How changes are pushed is told by \`docs/protocol.md\`.

Calls are limited by credential and by address; the headers \`X-Sentry-Rate-Limit-Limit\`, \`-Remaining\` and \`-Reset\` of every answer say how far.`;

const securitySchemes = {
  token: { type: 'http', scheme: 'bearer', description: 'A token of a user. It must hold one of the scopes listed.' },
  organizationToken: {
    type: 'http',
    scheme: 'bearer',
    description:
      'A token of an organization. It must hold one of the scopes listed. It has no user, so it is refused where it is not listed.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'rollcall_session',
    description: 'The session of a browser, as logging in opens it. With https the cookie is named `__Host-rollcall_session`.',
  },
  operator: { type: 'http', scheme: 'bearer', description: 'The operator’s token, `OPERATOR_TOKEN` in the environment.' },
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
    readonly responses: Readonly<Record<string, Answered>>;
    readonly schemas: WrittenShapes['components'];
  };
}

export interface DocumentOptions extends SchemaOptions {
  /** The server's name for its users. */
  readonly title?: string;
}

/** Describes the whole REST API in OpenAPI 3.1, based on the route tables. */
export function describeApi(
  tables: readonly DescribedTable[],
  version: string,
  { title = 'Rollcall', ...options }: DocumentOptions = { isClosed: false },
): OpenApiDocument {
  const rows = tables.flatMap(({ base, routes }) => routes.map((route) => ({ base, route })));
  const problems = [...problemStatuses()].map(([status, problem]) => ({ status, ...problem, shape: problemShapeOf(status) }));
  const used = rows.flatMap(({ route }) => Object.values(route.metadata.responses)).filter((shape) => shape !== null);
  const shapes = writeShapes([...used, ...problems.map(({ shape }) => shape)], options);

  const paths: Record<string, Record<string, Operation>> = {};
  for (const { base, route } of rows) {
    const path = templateOf(base, route.path);
    const operation = operationOf(route, shapes, { isOperator: base === '/api/operator' });
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation };
  }
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
      responses: Object.fromEntries(problems.map(({ name, ...problem }) => [name, problemResponse(problem, shapes)])),
      schemas: shapes.components,
    },
  };
}

interface ProblemAt {
  readonly status: number;
  readonly description: string;
  readonly shape: Parameters<WrittenShapes['of']>[0];
}

function problemResponse({ status, description, shape }: ProblemAt, shapes: WrittenShapes): Answered {
  const names = [
    'X-Sentry-Error',
    ...(status === 401 ? ['WWW-Authenticate'] : []),
    ...(status === 429 || status >= 500 ? ['Retry-After'] : []),
  ];
  return {
    description,
    headers: Object.fromEntries(names.map((name) => [name, header(name)])),
    content: { 'application/json': { schema: shapes.of(shape) } },
  };
}
