import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSecret } from '../../config/secret-files.ts';
import { headerTextPattern } from '../../runtime/text/header-text.ts';
import { CliError } from '../cli-error.ts';
import { type Environment, serverUrlFrom } from '../environment.ts';

export interface OperatorResponse {
  readonly status: number;
  /** Parsed JSON, or null. */
  readonly body: unknown;
  /** The path of the next page of a list, or null. */
  readonly nextPage: string | null;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * The delays add up to about 6 s, enough for a restart of the server. Every attempt has the same
 * key, so a retry is safe.
 */
const retryDelaysMs = [200, 400, 800, 1_600, 3_200];
const retryableStatuses = new Set([429, 502, 503, 504]);

/** The operator API of a running server. */
export class OperatorClient {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /**
   * @throws CliError if there is no such server, if it has no operator API, or if it refuses the
   * token
   */
  static async open(givenUrl: string | undefined, environment: Environment): Promise<OperatorClient> {
    const token = readSecret(environment, 'OPERATOR_TOKEN');
    if (!token)
      throw new CliError('OPERATOR_TOKEN is not set. Set it to the token that the server was started with, or to an operator token.');
    // `fetch` would throw an error that quotes the token.
    if (!headerTextPattern.test(token))
      throw new CliError(
        'OPERATOR_TOKEN has a space, a line break or another character that no token has. Set it to the token that the server was started with, or to an operator token.',
      );
    const url = serverUrlFrom(givenUrl, environment);
    const client = new OperatorClient(url, token);
    const { status } = await client.request('GET', '/health/');
    if (status === 401)
      throw new CliError(
        `The server at ${url} rejected OPERATOR_TOKEN. Set it to the token that the server was started with, or to a valid operator token.`,
      );
    if (status === 404)
      throw new CliError(`The operator API of the server at ${url} is disabled. Start the server with OPERATOR_TOKEN to enable it.`);
    if (status !== 200) throw new CliError(`The server at ${url} is not healthy: its operator API returned status ${status}.`);
    return client;
  }

  /**
   * Sends one request, and retries while the server is unavailable. A string as body is JSON Lines.
   * @param expectedStatus a status with which the request is not retried
   * @throws CliError if there is no response
   */
  async request(method: Method, path: string, body?: object | string, expectedStatus?: number): Promise<OperatorResponse> {
    const key = randomUUID();
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#attempt(method, path, body, key);
      const isFinal = !(answer instanceof Error) && (answer.status === expectedStatus || !retryableStatuses.has(answer.status));
      if (isFinal || attempt === retryDelaysMs.length) {
        if (answer instanceof Error) throw this.#unreachable(answer);
        return answer;
      }
      await sleep(retryDelaysMs[attempt]);
    }
  }

  /**
   * Sends a request once, for a route that ignores `Idempotency-Key`.
   * @param lookUp how to find out what happened if the connection breaks
   * @throws CliError if there is no response
   */
  async requestOnce(method: Method, path: string, body: object, lookUp: string): Promise<OperatorResponse> {
    const answer = await this.#attempt(method, path, body, randomUUID());
    if (!(answer instanceof Error)) return answer;
    throw new CliError(`The server at ${this.#url} did not respond, but may have applied the request: ${answer.message}. ${lookUp}`);
  }

  /**
   * The response to a request that is not repeated: its body is a file, or the request's is.
   * @throws CliError if there is no response
   */
  async transfer(method: 'GET' | 'POST', path: string, body?: ReadableStream<Uint8Array>, type = ''): Promise<Response> {
    const url = this.#urlOf(path);
    try {
      return await fetch(url, {
        method,
        headers: { Authorization: `Bearer ${this.#token}`, ...(body && { 'Content-Type': type }) },
        ...(body && { body, duplex: 'half' }),
      });
    } catch (error) {
      throw this.#unreachable(causeOf(error as Error));
    }
  }

  /**
   * `fetch` would resolve `..`, so that a request for a member would be one for the organization.
   */
  #urlOf(path: string): string {
    const name = /\/(\.{0,2})\//.exec(path.split('?')[0]!)?.[1];
    if (name !== undefined) throw new CliError(`"${name}" is not an id or a slug.`);
    return `${this.#url}/api/operator${path}`;
  }

  #unreachable({ message }: Error): CliError {
    return new CliError(`The server at ${this.#url} cannot be reached: ${message}`);
  }

  async #attempt(method: string, path: string, body: object | string | undefined, key: string): Promise<OperatorResponse | Error> {
    const url = this.#urlOf(path);
    const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json';
    try {
      const response = await fetch(url, {
        method,
        headers: {
          Authorization: `Bearer ${this.#token}`,
          'Idempotency-Key': key,
          ...(body === undefined ? {} : { 'Content-Type': type }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return { status: response.status, body: parseJson(await response.text()), nextPage: nextPageOf(response) };
    } catch (error) {
      return causeOf(error as Error);
    }
  }
}

/** `fetch` wraps the error of the connection. */
function causeOf(error: Error): Error {
  return error.cause instanceof Error ? error.cause : error;
}

/** The link is absolute, from the server's PUBLIC_URL, which may not be the URL of this client. */
function nextPageOf({ headers }: Response): string | null {
  return /\/api\/operator([^>]*)>; rel="next"; results="true"/.exec(headers.get('Link') ?? '')?.[1] ?? null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The error for a refused request. */
export function refusal(what: string, { status, body }: Pick<OperatorResponse, 'status' | 'body'>): CliError {
  return new CliError(`${what}: the server returned status ${status} (${describeProblem(body)})`);
}

/** REST contract 1.1. */
function describeProblem(body: unknown): string {
  const { detail, ...fields } = (body ?? {}) as { detail?: string | { message?: string } };
  if (typeof detail === 'string') return detail;
  if (typeof detail?.message === 'string') return detail.message;
  const problems = Object.entries(fields).map(([name, texts]) => `${name}: ${[texts].flat().join(' ')}`);
  return problems.length > 0 ? problems.join('; ') : JSON.stringify(body);
}
