import type { EventEmitter } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';
import { networkOf } from '../../identity/limits/attempt-limits.ts';
import type { RateLimits } from '../../identity/limits/rate-limits.ts';
import { hasTooManyHeaders, headersTooLarge } from '../../runtime/limits/header-count.ts';
import type { Limits } from '../../runtime/limits/limits.ts';
import { socketLimits } from '../../runtime/limits/rows/sockets.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics/metrics.ts';
import { refusalBody, sendRawResponse } from '../../runtime/raw-response.ts';
import type { SecurityHeaders } from '../../runtime/security-headers.ts';
import { type EngineSocket, engineOf } from '../engine.ts';
import { type GuardDeps, GuardedSocket } from '../sending/guarded-socket.ts';
import { PendingSockets } from './pending-sockets.ts';
import { cutTransport } from './unsent-bytes.ts';

/** Slots become free within a second. Clients add their own jitter. */
const retryAfterSeconds = 1;

/** A request in the form that engine.io passes to its middleware. */
interface EngineRequest extends IncomingMessage {
  readonly _query: Readonly<Record<string, string | undefined>>;
}

/**
 * For an upgrade, engine.io passes an object that is not a `ServerResponse` and can't send a
 * response. It stays in memory until the connection closes.
 */
type EngineResponse = ServerResponse | (Pick<EventEmitter, 'on' | 'once'> & { req: IncomingMessage | null });

type Refusal = readonly [status: number, detail: string];

/** A request that engine.io refuses, in the form of its event `connection_error`. */
export interface EngineRefusal {
  /** It has `res` unless it is an upgrade, and `websocket` once the upgrade has taken place. */
  readonly req: IncomingMessage & { readonly res?: ServerResponse; readonly websocket?: WebSocket };
  readonly message: string;
}

export interface AdmissionDeps extends Omit<GuardDeps, 'pending' | 'connectMsMax'> {
  readonly limits: Pick<Limits, 'pendingSockets' | 'pendingSocketsPerAddress' | 'socketConnectMs'>;
  readonly rateLimits: RateLimits;
  /** The headers of every response. */
  readonly headers: SecurityHeaders;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Null when the connection is closed. */
  addressOf(request: IncomingMessage): string | null;
  /** Finds the open connection of a session id. */
  findSocket(sid: string): EngineSocket | null;
}

/**
 * The first check of each request to Socket.IO, before engine.io spends any work on it. It applies
 * the limits that REST applies to its requests, and bounds the connections that have not
 * authenticated.
 */
export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #pending: PendingSockets;
  /** The keys are the first request of a connection, and the connection once it is open. */
  readonly #guards = new WeakMap<IncomingMessage | EngineSocket, GuardedSocket>();

  constructor(deps: AdmissionDeps) {
    const { limits, metrics } = deps;
    this.#deps = deps;
    this.#pending = new PendingSockets({ max: limits.pendingSockets, perNetworkMax: limits.pendingSocketsPerAddress });
    metrics.expose('rollcall_pending_sockets', 'Socket connections that have not authenticated', null, () => this.#pending.size);
  }

  /**
   * The middleware of engine.io. `next` hands the request to engine.io. Refused requests get their
   * response here.
   */
  admit(request: IncomingMessage, response: EngineResponse, next: () => void): void {
    const refusal = refusalOf(request as EngineRequest);
    if (refusal) {
      this.#refuse(request, response, refusal);
      return;
    }
    // No later middleware needs the request, which has the client's cookies.
    if (!(response instanceof ServerResponse)) response.req = null;
    // Without this, engine.io would continue reading a body that has no length and is too long.
    if (request.method === 'POST') response.once('finish', () => request.complete || request.destroy());
    const { sid } = (request as EngineRequest)._query;
    const socket = this.#socketOf(request);
    if (socket) this.#admitKnown(socket, request, response, next);
    else {
      this.#admitNew(request, response, next, !sid).catch((error: unknown) => {
        this.#deps.log.error({ error }, 'closed a socket connection that could not be checked against the limits');
        request.destroy();
      });
    }
  }

  /**
   * Responds to an upgrade that engine.io refuses. engine.io emits its event first, and would then
   * write a response without the headers that every response has.
   */
  refused({ req: { res, websocket, socket }, message }: EngineRefusal): void {
    if (!res && !websocket && socket.writable) sendRawResponse(socket, [400, message], this.#deps.headers);
  }

  /** Called when engine.io opened a connection for an admitted request. */
  opened(socket: EngineSocket): void {
    const guard = this.#guards.get(socket.request);
    if (!guard) throw new Error('A connection was opened for a request that was not admitted.');
    this.#guards.set(socket, guard);
    guard.opened(socket);
  }

  /** Counts all that arrives over a WebSocket, empty messages and control frames included. */
  watch(webSocket: WebSocket, request: IncomingMessage): void {
    const guard = this.#guards.get(this.#socketOf(request) ?? request);
    const count = () => guard?.received();
    webSocket.on('message', count).on('ping', count).on('pong', count);
  }

  guardOf(socket: EngineSocket): GuardedSocket {
    return this.#guards.get(socket)!;
  }

  /** Treats an empty session id as absent, as engine.io does. */
  #socketOf(request: IncomingMessage): EngineSocket | null {
    const { sid } = (request as EngineRequest)._query;
    return sid ? this.#deps.findSocket(sid) : null;
  }

  /**
   * Admits a request of a known session. engine.io itself allows a session one waiting and one
   * sending request. A connection has the address of its handshake. A request from another address
   * closes it, because the organization may not allow that address (case S-48).
   */
  #admitKnown(socket: EngineSocket, request: IncomingMessage, response: EngineResponse, next: () => void): void {
    const guard = this.guardOf(socket);
    if (this.#deps.addressOf(request) !== guard.address) {
      this.#refuse(request, response, [403, 'This connection was opened from another address.']);
      cutTransport(socket);
      return;
    }
    if (response instanceof ServerResponse) {
      next();
      return;
    }
    guard.received();
    const { upgrading, upgraded, readyState } = engineOf(socket);
    if (readyState === 'open' && !upgrading && !upgraded) next();
    else this.#refuse(request, response, [400, 'This connection is already being upgraded.']);
  }

  /**
   * Admits a new connection, or a session that is unknown here, for example a session of an
   * instance that was restarted.
   */
  async #admitNew(request: IncomingMessage, response: EngineResponse, next: () => void, takesSlot: boolean): Promise<void> {
    const { rateLimits, clock, counters } = this.#deps;
    const address = this.#deps.addressOf(request);
    const network = networkOf(address ?? '');
    const refuseBusy = (reason: string, seconds: number) => {
      counters.increment('pendingSocketsRefused', 1, reason);
      this.#refuse(request, response, [429, 'Too many connections. Try again later.'], { 'Retry-After': String(seconds) });
    };
    if (takesSlot && !this.#pending.freeSlot(network, clock.now())) {
      refuseBusy('no-place', retryAfterSeconds);
      return;
    }
    const guard = takesSlot ? this.#newGuard(address, request, response) : null;
    const { isOver, resetMs } = await rateLimits.countTogether('requestsPerAddress', network);
    if (!isOver) {
      next();
      return;
    }
    guard?.over();
    refuseBusy('rate', Math.max(1, Math.ceil(resetMs / 1_000)));
  }

  #newGuard(address: string | null, request: IncomingMessage, response: EngineResponse): GuardedSocket {
    const { clock, counters, limits } = this.#deps;
    const guard = new GuardedSocket(address, { clock, counters, pending: this.#pending, connectMsMax: limits.socketConnectMs });
    this.#guards.set(request, guard);
    // engine.io may still refuse the request, and then opens no connection.
    response.on('close', () => guard.abandonUnlessOpened());
    return guard;
  }

  #refuse(
    request: IncomingMessage,
    response: EngineResponse,
    [status, detail]: Refusal,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    if (!(response instanceof ServerResponse)) {
      sendRawResponse(request.socket, [status, detail], { ...this.#deps.headers, ...headers });
      return;
    }
    const body = refusalBody(detail);
    if (!request.complete) response.shouldKeepAlive = false;
    response.writeHead(status, { ...headers, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }).end(body);
  }
}

/**
 * The refusal of a request to which engine.io would respond differently from other routes, or at
 * some cost. Null for any other request.
 */
function refusalOf({ method, headers, rawHeaders, _query }: EngineRequest): Refusal | null {
  if (hasTooManyHeaders({ rawHeaders })) return headersTooLarge;
  // JSONP serves browsers that no longer exist. For other methods of a session, engine.io responds
  // with 500.
  if (_query.j !== undefined) return [400, 'JSONP is not supported.'];
  if (method !== 'GET' && method !== 'POST') return [405, `Method "${method}" not allowed.`];
  if (Number(headers['content-length'] ?? 0) > socketLimits.messageBytes.value) return [413, 'Request body is too large.'];
  return null;
}
