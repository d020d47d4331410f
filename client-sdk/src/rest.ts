import { formatOrgRevision, OrgError, parseOrgRevision } from '@rollcall/protocol';
import type { TokenSource } from './connection.ts';
import { backoffMs } from './reconnect-delay.ts';
import { errorFromAnswer } from './rest-errors.ts';
import type { WaitOptions } from './waiting.ts';

export interface CommandOptions {
  /** Gives up with `OrgError('aborted')`. The command may have been carried out all the same. */
  readonly signal?: AbortSignal;
  /** The same key for the same command is carried out once and answered alike. A new one for each call unless given. */
  readonly idempotencyKey?: string;
  /** Refuse with `revision-conflict` unless the organization is still at this revision: a number, or an answer's text. */
  readonly ifRevision?: number | string;
}

export interface CommandResult<T> {
  readonly data: T;
  /** Where the organization stands after the command, for `waitFor`. Null where the answer did not say. */
  readonly revision: string | null;
  /** The HTTP status, where it tells more: 202 for a request that others must approve. */
  readonly status: number;
}

export interface RestSettings {
  readonly baseUrl: string;
  readonly token: TokenSource | undefined;
  readonly fetch: typeof fetch;
  readonly random: () => number;
}

/** The same key makes trying again safe; three tries ride out a restart of one server behind a balancer. */
export const attemptsMax = 3;

/** A server that asks for more is not waited for: the caller knows better what to do meanwhile. */
export const retryAfterMsMax = 5_000;

type Method = 'POST' | 'PUT' | 'DELETE';

interface Exchange {
  readonly method: Method | 'GET';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends commands over REST, each with an Idempotency-Key, and again when the network or the database was away. */
export class RestClient {
  readonly #settings: RestSettings;

  constructor(settings: RestSettings) {
    this.#settings = settings;
  }

  /** @throws OrgError with the server's code and body, or `unreachable`, or `aborted` */
  async send<T>(method: Method, path: readonly string[], body?: object, options: CommandOptions = {}): Promise<CommandResult<T>> {
    const { signal, ifRevision, idempotencyKey = randomKey() } = options;
    const headers: Record<string, string> = { Accept: 'application/json', 'Idempotency-Key': idempotencyKey };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (ifRevision !== undefined) headers['If-Match'] = entityTagOf(ifRevision);
    return resultOf<T>(await this.#exchange(this.#urlOf(path), { method, headers, ...(body && { body: JSON.stringify(body) }) }, signal));
  }

  /** What the server answers to a GET; as `send` otherwise. */
  async read(path: readonly string[], query: [string, string][], { signal }: WaitOptions = {}): Promise<unknown> {
    const url = `${this.#urlOf(path)}?${new URLSearchParams(query)}`;
    return (await resultOf(await this.#exchange(url, { method: 'GET', headers: { Accept: 'application/json' } }, signal))).data;
  }

  #urlOf(path: readonly string[]): string {
    return `${this.#settings.baseUrl}/${path.map(encodeURIComponent).join('/')}/`;
  }

  async #exchange(url: string, request: Exchange, signal: AbortSignal | undefined): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#attempt(url, request, signal);
      if (!(answer instanceof OrgError) && answer.ok) return answer;
      const error = answer instanceof OrgError ? answer : await errorFromAnswer(answer);
      const delayMs = this.#retryDelayMs(answer, error, attempt);
      if (delayMs === null) throw error;
      await sleep(delayMs, signal);
    }
  }

  async #attempt(url: string, { headers, ...request }: Exchange, signal: AbortSignal | undefined): Promise<Response | OrgError> {
    try {
      signal?.throwIfAborted();
      const { token } = this.#settings;
      const asked = typeof token === 'function' ? await token() : token;
      const authorization = asked === undefined ? {} : { Authorization: `Bearer ${asked}` };
      return await this.#settings.fetch(url, { ...request, headers: { ...headers, ...authorization }, ...(signal && { signal }) });
    } catch (error) {
      if (signal?.aborted) throw new OrgError('aborted', 'The request was given up.', { cause: signal.reason });
      return new OrgError('unreachable', 'The server could not be reached.', { cause: error });
    }
  }

  /** Null when trying again is of no use. */
  #retryDelayMs(answer: Response | OrgError, error: OrgError, attempt: number): number | null {
    if (attempt >= attemptsMax || (error.code !== 'unreachable' && error.code !== 'unavailable')) return null;
    const asked = answer instanceof OrgError ? null : retryAfterMs(answer);
    if (asked === null) return backoffMs(attempt - 1, this.#settings.random);
    return asked > retryAfterMsMax ? null : asked;
  }
}

async function resultOf<T>(answer: Response): Promise<CommandResult<T>> {
  const text = await answer.text().catch((error: unknown) => {
    throw new OrgError('unreachable', 'The answer broke off. The request was carried out.', { cause: error });
  });
  const revision = parseOrgRevision(answer.headers.get('X-Org-Revision') ?? '');
  return { data: dataIn(text) as T, revision: revision && formatOrgRevision(revision), status: answer.status };
}

function dataIn(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OrgError('internal', 'The answer was not JSON. The request was carried out.', { cause: error, body: text });
  }
}

function retryAfterMs(answer: Response): number | null {
  const text = answer.headers.get('Retry-After');
  return text !== null && /^\d+$/.test(text.trim()) ? Number(text) * 1_000 : null;
}

function entityTagOf(revision: number | string): string {
  return `"${String(revision).replaceAll('"', '')}"`;
}

/** A UUID where the page is served securely; elsewhere browsers have only the numbers to make one of. */
function randomKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(new OrgError('aborted', 'The request was given up.', { cause: signal!.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
