import { RollcallClient } from './client.ts';
import { openClock } from './clock.ts';
import type { TokenSource } from './connection.ts';
import { type ErrorHandler, throwLater } from './emitter.ts';
import { defaultLeaseMs } from './freshness.ts';
import { RestClient } from './rest/rest-client.ts';
import type { WhenStale } from './when-stale.ts';

export interface ConnectOptions {
  /** The server's address, with the path it is served under if any: `https://rollcall.example.com`. The page's own by default. */
  readonly url?: string | URL;
  /** A function is asked at each connect and each request, so that it can give a new one. Absent where a session cookie does. */
  readonly token?: TokenSource;
  /** How long an organization counts as fresh after the server confirmed it: 15 s in browsers and 5 s elsewhere unless given. */
  readonly leaseMs?: number;
  /** How `can` and `check` answer of an organization that is not fresh: `last-known` unless given, here or for the organization. */
  readonly whenStale?: WhenStale;
  /** WebSocket only unless given. */
  readonly transports?: readonly ('websocket' | 'polling')[];
  /** Used for commands in place of the global one: for cookies, a proxy, a test. */
  readonly fetch?: typeof fetch;
  /** Closes the client when it aborts. */
  readonly signal?: AbortSignal;
  /** Takes what a listener throws. Without it that is an uncaught error, as with EventTarget. */
  readonly onError?: ErrorHandler;
}

/** Connects to a Rollcall server, and stays connected until `close()`. */
export function connect(options: ConnectOptions = {}): RollcallClient {
  const { token, leaseMs = defaultLeaseMs(), whenStale = 'last-known', transports = ['websocket'], signal, onError = throwLater } = options;
  const url = addressOf(options.url);
  const prefix = url.pathname.replace(/\/+$/, '');
  const { random } = Math;
  const rest = new RestClient({
    baseUrl: `${url.origin}${prefix}/api/0`,
    token,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    random,
  });
  const client = new RollcallClient(
    { origin: url.origin, socketPath: `${prefix}/socket.io/`, token, transports, random, leaseMs, whenStale, now: openClock(), onError },
    rest,
  );
  if (signal?.aborted) client.close();
  signal?.addEventListener('abort', () => client.close(), { once: true });
  return client;
}

function addressOf(given: string | URL | undefined): URL {
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  if (given === undefined && page === undefined) throw new TypeError('connect() needs the url of the server.');
  return new URL(given ?? '/', page);
}
