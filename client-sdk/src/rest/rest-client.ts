import { formatOrgRevision, OrgError, parseOrgRevision } from '@rollcall/protocol';
import { onAbort } from '../abort-listeners.ts';
import { backoffMs } from '../reconnect-delay.ts';
import { fetchToken, type TokenSource } from '../token-source.ts';
import type { Applied, CommandOptions, CommandResult, RestCall } from './calls.ts';
import { pageOf, queryOf } from './pages.ts';
import { errorFromResponse, type Received } from './rest-errors.ts';

export interface RestSettings {
  readonly baseUrl: string;
  readonly token: TokenSource | undefined;
  readonly fetch: typeof fetch;
  readonly random: () => number;
}

/**
 * The same key makes retries safe. Three attempts are enough when one of the servers of a load
 * balancer restarts.
 */
export const attemptsMax = 3;

/** The client doesn't wait longer than this. The caller can decide better what to do. */
export const retryAfterMsMax = 5_000;

interface Exchange {
  readonly method: RestCall['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly attemptsMax: number;
}

/** The options of any call. Those that aren't options of commands are the filters of a list. */
export type CallOptions = CommandOptions & { readonly [search: string]: unknown };

/**
 * Sends REST calls. Commands have an Idempotency-Key each, and are repeated if the network or the
 * database was unavailable.
 */
export class RestClient {
  readonly #settings: RestSettings;

  constructor(settings: RestSettings) {
    this.#settings = settings;
  }

  /**
   * Returns the result that the call declares in `returns`.
   * @throws OrgError with the server's code and body, or `unreachable`, `aborted`, or `invalid` for
   *   a name that can't be part of a path
   */
  async send(call: Omit<RestCall, 'path'> & { readonly path: readonly string[] }, options: CallOptions): Promise<unknown> {
    const { signal, ifRevision, idempotencyKey, wait, ...search } = options;
    const { method, path, body, returns, isSentOnce } = call;
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (returns === 'result') headers['Idempotency-Key'] = idempotencyKey ?? randomKey();
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (ifRevision !== undefined) headers['If-Match'] = entityTagOf(ifRevision);
    // Whole milliseconds: the server refuses a command whose wait has more than nine decimals.
    if (wait !== undefined) headers.Prefer = `wait=${Math.ceil(wait) / 1_000}`;
    const url = `${this.#settings.baseUrl}/${path.map(encodeSegment).join('')}${queryOf(search)}`;
    // A write without a key could be executed twice.
    const mayRepeat = !isSentOnce && (method === 'GET' || 'Idempotency-Key' in headers);
    const exchange = { method, headers, ...(body && { body: JSON.stringify(body) }), attemptsMax: mayRepeat ? attemptsMax : 1 };
    const received = await this.#exchange(url, exchange, signal);
    const result = resultOf(received);
    if (returns === 'page') return pageOf(result.data, received.response.headers.get('Link') ?? '');
    return returns === 'result' ? result : result.data;
  }

  async #exchange(url: string, request: Exchange, signal: AbortSignal | undefined): Promise<Received> {
    for (let attempt = 1; ; attempt++) {
      const received = await this.#attempt(url, request, signal);
      if (!(received instanceof OrgError) && received.response.ok) return received;
      const error = received instanceof OrgError ? received : errorFromResponse(received);
      const delayMs = attempt < request.attemptsMax ? this.#retryDelayMs(error, attempt) : null;
      if (delayMs === null) throw error;
      await sleep(delayMs, signal);
    }
  }

  async #attempt(url: string, { headers, method, body }: Exchange, signal: AbortSignal | undefined): Promise<Received | OrgError> {
    let response: Response | null = null;
    try {
      signal?.throwIfAborted();
      const { token } = this.#settings;
      const current = typeof token === 'function' ? await fetchToken(token) : token;
      const authorization = current === undefined ? {} : { Authorization: `Bearer ${current}` };
      response = await this.#settings.fetch(url, {
        method,
        headers: { ...headers, ...authorization },
        // Send the page's session cookie only if there is no token.
        credentials: token === undefined ? 'include' : 'omit',
        ...(body !== undefined && { body }),
        ...(signal && { signal }),
      });
      return { response, text: await response.text() };
    } catch (error) {
      if (signal?.aborted) throw abortedBy(signal);
      if (error instanceof OrgError) return error;
      // The status alone shows why the server refused.
      if (response && !response.ok) return { response, text: '' };
      return new OrgError('unreachable', response ? incomplete : 'The server could not be reached.', { cause: error });
    }
  }

  /** Null if a retry can't help. */
  #retryDelayMs({ code, retryAfterSeconds }: OrgError, attempt: number): number | null {
    if (code !== 'unreachable' && code !== 'unavailable') return null;
    const requestedMs = (retryAfterSeconds ?? 0) * 1_000;
    // Longer than the requested delay, so that clients that were refused together don't return
    // together.
    return requestedMs > retryAfterMsMax ? null : requestedMs + backoffMs(attempt - 1, this.#settings.random);
  }
}

/** `fetch` would resolve `..`, so that a command for a member would be one for the organization. */
function encodeSegment(segment: string): string {
  if (/^\.{0,2}$/.test(segment)) throw new OrgError('invalid', `"${segment}" is not an id or a slug.`);
  return `${encodeURIComponent(segment)}/`;
}

const incomplete = 'The server executed the request, but its response is incomplete.';

function resultOf({ response, text }: Received): CommandResult<unknown> {
  const revision = parseOrgRevision(response.headers.get('X-Org-Revision') ?? '');
  const applied = appliedIn(response.headers.get('Rollcall-Applied'));
  return { data: dataIn(text), revision: revision && formatOrgRevision(revision), status: response.status, applied };
}

/** Reads `complete; instances=2; ended=12; ms=38`. A partial receipt also has `missing`. */
function appliedIn(text: string | null): Applied | null {
  if (text === null) return null;
  const countOf = (name: string) => Number(new RegExp(` ${name}=(\\d+)`).exec(text)?.[1] ?? 0);
  return {
    complete: text.startsWith('complete'),
    instances: countOf('instances'),
    missing: countOf('missing'),
    ended: countOf('ended'),
    ms: countOf('ms'),
  };
}

function dataIn(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OrgError('internal', 'The server executed the request, but its response is not JSON.', { cause: error, body: text });
  }
}

function entityTagOf(revision: number | string): string {
  return `"${String(revision).replaceAll('"', '')}"`;
}

/** A UUID in secure contexts. Other pages have only random values. */
function randomKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function abortedBy({ reason }: AbortSignal): OrgError {
  return new OrgError('aborted', 'The request was aborted.', { cause: reason });
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(abortedBy(signal!));
    };
    const timer = setTimeout(() => {
      forget?.();
      resolve();
    }, ms);
    const forget = signal && onAbort(signal, abort);
    if (signal?.aborted) abort();
  });
}
