import { formatOrgRevision, OrgError, parseOrgRevision } from '@rollcall/protocol';
import type { TokenSource } from './connection.ts';
import { backoffMs } from './reconnect-delay.ts';
import { errorFromAnswer } from './rest-errors.ts';

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

/** Sends commands over REST, each with an Idempotency-Key, and again when the network or the database was away. */
export class RestClient {
  readonly #settings: RestSettings;

  constructor(settings: RestSettings) {
    this.#settings = settings;
  }

  /** @throws OrgError with the server's code and body, or `unreachable`, or `aborted` */
  async send<T>(method: Method, path: readonly string[], body?: object, options: CommandOptions = {}): Promise<CommandResult<T>> {
    const url = `${this.#settings.baseUrl}/${path.map(encodeURIComponent).join('/')}/`;
    const key = options.idempotencyKey ?? randomKey();
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#attempt(method, url, key, body, options);
      if (!(answer instanceof OrgError) && answer.ok) return await resultOf<T>(answer);
      const error = answer instanceof OrgError ? answer : await errorFromAnswer(answer);
      const delayMs = this.#retryDelayMs(answer, error, attempt);
      if (delayMs === null) throw error;
      await sleep(delayMs, options.signal);
    }
  }

  async #attempt(
    method: Method,
    url: string,
    key: string,
    body: object | undefined,
    options: CommandOptions,
  ): Promise<Response | OrgError> {
    const { signal, ifRevision } = options;
    const headers: Record<string, string> = { Accept: 'application/json', 'Idempotency-Key': key };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (ifRevision !== undefined) headers['If-Match'] = entityTagOf(ifRevision);
    try {
      signal?.throwIfAborted();
      const { token } = this.#settings;
      const asked = typeof token === 'function' ? await token() : token;
      if (asked !== undefined) headers.Authorization = `Bearer ${asked}`;
      return await this.#settings.fetch(url, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      });
    } catch (error) {
      if (signal?.aborted) throw new OrgError('aborted', 'The command was given up.', { cause: signal.reason });
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
    throw new OrgError('unreachable', 'The answer broke off. The command was carried out.', { cause: error });
  });
  const revision = parseOrgRevision(answer.headers.get('X-Org-Revision') ?? '');
  return { data: dataIn(text) as T, revision: revision && formatOrgRevision(revision), status: answer.status };
}

function dataIn(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OrgError('internal', 'The answer was not JSON. The command was carried out.', { cause: error, body: text });
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
      reject(new OrgError('aborted', 'The command was given up.', { cause: signal!.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
