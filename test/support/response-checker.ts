import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { OpenApiDocument } from '../../server/src/http/openapi/document.ts';
import type { Header, Operation, ResponseDescription } from '../../server/src/http/openapi/operations.ts';
import type { Reference } from '../../server/src/http/openapi/parameters.ts';

/** A response as received over HTTP. */
export interface WireResponse {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Described {
  readonly pattern: RegExp;
  readonly template: string;
  readonly method: string;
  readonly operation: Operation;
}

/** Refusals without a body (REST contract 8.4, 10.3). */
const maybeEmptyStatuses: ReadonlySet<number> = new Set([400, 403]);

/**
 * Checks responses against the OpenAPI description. Each schema is compiled when the first response
 * needs it.
 */
export class ResponseChecker {
  readonly #document: OpenApiDocument;
  readonly #operations: readonly Described[];
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true });
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
    this.#operations = Object.entries(document.paths)
      .flatMap(([template, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ pattern: patternOf(template), template, method, operation })),
      )
      // `/users/me/` precedes the template that would treat `me` as an id.
      .sort((a, b) => placeholdersIn(a.template) - placeholdersIn(b.template));
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(document, 'api');
  }

  /**
   * Returns the deviation as text. Null if there is none, or if the response belongs to no
   * described operation.
   */
  findDeviation(answer: WireResponse): string | null {
    const wanted = answer.method === 'HEAD' ? 'get' : answer.method.toLowerCase();
    const found = this.#operations.find(({ method, pattern }) => method === wanted && pattern.test(answer.path));
    if (!found) return null;
    const deviation = this.#findDeviationOf(found, answer);
    return deviation && `${answer.method} ${answer.path} returned ${answer.status} (${found.operation.operationId}): ${deviation}`;
  }

  /**
   * Returns the key of the response's example, as in `Examples`. Null if the description has no
   * such response.
   */
  exampleKeyOf({ method, path, status }: Pick<WireResponse, 'method' | 'path' | 'status'>): string | null {
    const found = this.#operations.find((one) => one.method === method.toLowerCase() && one.pattern.test(path));
    // No operation has this one, because its method is not described.
    if (status === 405) return 'errors';
    const response = found?.operation.responses[status];
    if (!found || !response) return null;
    if ('$ref' in response) return 'errors';
    if (status >= 400) return 'scimErrors';
    return status === 302 ? 'redirects' : found.operation.operationId;
  }

  #findDeviationOf({ template, method, operation }: Described, { status, headers, text, ...answer }: WireResponse): string | null {
    // A response of no route, although the path belongs to one. The operator's API without a token
    // is such a case.
    if (status === 404 && !headers.has('x-sentry-error')) return null;
    const described = operation.responses[status];
    if (!described) return `only ${Object.keys(operation.responses).join(', ')} are described`;
    const isShared = '$ref' in described;
    const at = isShared ? described.$ref : `#/paths/${escapePointer(template)}/${method}/responses/${status}`;
    const response = isShared ? this.#resolve<ResponseDescription>(described) : described;
    for (const [name, header] of Object.entries(response.headers ?? {})) {
      const { required } = '$ref' in header ? this.#resolve<Header>(header) : header;
      if (required && !headers.has(name)) return `the header ${name} is missing`;
    }
    if (!response.content) return text === '' ? null : `the description has no body, but the response has ${text.slice(0, 200)}`;
    if (answer.method === 'HEAD' || (text === '' && maybeEmptyStatuses.has(status))) return null;
    if (text === '') return 'the body is empty';
    const type = headers.get('content-type') ?? '';
    if (!(type in response.content)) return `the Content-Type is ${type}`;
    // The bytes of a file have no schema.
    if (!type.includes('json')) return null;
    return this.#findDeviationOfBody(`api${at}/content/${type.replaceAll('/', '~1')}/schema`, text);
  }

  #findDeviationOfBody(at: string, text: string): string | null {
    const validate = this.#validators.get(at) ?? this.#ajv.compile({ $ref: at });
    this.#validators.set(at, validate);
    if (validate(JSON.parse(text))) return null;
    return `${describeErrors(validate.errors!)}\nin ${text.slice(0, 500)}`;
  }

  #resolve<T>({ $ref }: Reference): T {
    return $ref
      .slice('#/'.length)
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], this.#document) as T;
  }
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

function placeholdersIn(template: string): number {
  return template.split('{').length;
}

function escapePointer(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
}

function describeErrors(errors: readonly ErrorObject[]): string {
  const [first, ...more] = errors.map(({ instancePath, message, params, data }) => {
    const extra = params.additionalProperty === undefined ? '' : ` (${params.additionalProperty})`;
    return `${instancePath || 'the body'} ${message}${extra}, but is ${JSON.stringify(data)?.slice(0, 100)}`;
  });
  return [first, ...more.slice(0, 4)].join('; ');
}
