import type { ListedOrganization } from '@rollcall/protocol';
import { onAbort } from './abort-listeners.ts';
import { RollcallClient } from './client.ts';
import { openClock } from './clock.ts';
import { type ErrorHandler, throwLater } from './emitter.ts';
import { defaultLeaseMs } from './freshness.ts';
import { RestClient } from './rest/rest-client.ts';
import { systemTimers } from './timers.ts';
import type { TokenSource } from './token-source.ts';
import type { WhenStale } from './when-stale.ts';

export interface ConnectOptions {
  /**
   * The server's address, with its path if it has one: `https://rollcall.example.com`. Defaults to
   * the page's own server.
   */
  readonly url?: string | URL;
  /**
   * A token, or a function that is called for each connection and each request. Without a token, a
   * browser uses its session cookie.
   */
  readonly token?: TokenSource;
  /**
   * The time for which an organization counts as fresh after the server confirmed it. Defaults to
   * 15 s in browsers and 5 s elsewhere.
   */
  readonly leaseMs?: number;
  /**
   * The result of `can` and `check` for an organization that isn't fresh. Defaults to `last-known`.
   * It can also be set for each organization.
   */
  readonly whenStale?: WhenStale;
  /**
   * Subscribes to all organizations of `client.organizations`, or to those for which the function
   * returns true, and to later ones as they appear. For the service token of a back end.
   */
  readonly organizations?: 'all' | ((organization: ListedOrganization) => boolean);
  /**
   * The number of records that all organizations together may have, at some 0.5 KB each. Beyond it,
   * the organization with the most records ends as `refused`. Defaults to 1,000,000.
   */
  readonly recordsMax?: number;
  /** Defaults to WebSocket only. */
  readonly transports?: readonly ('websocket' | 'polling')[];
  /**
   * Used for REST calls instead of the global `fetch`, for example to add cookies or a proxy, or in
   * a test.
   */
  readonly fetch?: typeof fetch;
  /** Closes the client when it aborts. */
  readonly signal?: AbortSignal;
  /**
   * Receives what listeners and the function `organizations` throw. Without it, that is an uncaught
   * error, as with EventTarget.
   */
  readonly onError?: ErrorHandler;
}

/** Connects to a Rollcall server. The client stays connected until `close()`. */
export function connect(options: ConnectOptions = {}): RollcallClient {
  const { token, leaseMs = defaultLeaseMs(), whenStale = 'last-known', transports = ['websocket'], signal, onError = throwLater } = options;
  const { organizations, recordsMax = 1_000_000 } = options;
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
    {
      origin: url.origin,
      socketPath: `${prefix}/socket.io/`,
      token,
      transports,
      random,
      leaseMs,
      whenStale,
      now: openClock(),
      timers: systemTimers,
      onError,
      organizations,
      recordsMax,
    },
    rest,
  );
  if (signal) closeOnAbort(client, signal);
  return client;
}

/** A closed client is not retained by its signal, which may be that of the whole program. */
function closeOnAbort(client: RollcallClient, signal: AbortSignal): void {
  if (signal.aborted) {
    client.close();
    return;
  }
  const forget = onAbort(signal, () => client.close());
  client.on('status', ({ after }) => after.phase === 'closed' && forget());
}

function addressOf(given: string | URL | undefined): URL {
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  if (given === undefined && page === undefined) throw new TypeError('connect() requires the url of the server, except on a web page.');
  return new URL(given ?? '/', page);
}
