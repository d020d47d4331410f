import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { resubscribeReasons } from '@rollcall/protocol';
import { Server, type Socket } from 'socket.io';
import { type Caller, callerFrom, ownerKeyOf } from '../identity/caller.ts';
import type { RateLimits } from '../identity/limits/rate-limits.ts';
import type { Memberships } from '../read-path/people/memberships.ts';
import type { Presence } from '../read-path/people/presence.ts';
import type { ReadPath } from '../read-path/read-path.ts';
import type { ServerStream } from '../read-path/server-stream.ts';
import type { Clock } from '../runtime/clock.ts';
import { ExpiringMap } from '../runtime/collections/expiring-map.ts';
import type { Limits } from '../runtime/limits/limits.ts';
import { socketLimits } from '../runtime/limits/rows/sockets.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import type { Metrics } from '../runtime/metrics/metrics.ts';
import type { SecurityHeaders } from '../runtime/security-headers.ts';
import { Connection } from './connection.ts';
import { ConnectionCredential } from './connection-credential.ts';
import type { Connections } from './connections.ts';
import { type EngineSocket, engineOf } from './engine.ts';
import { type AuthenticatedHandshake, type HandshakeAuthenticator, HandshakeError, Handshakes, type SocketRefusal } from './handshake.ts';
import { Admission, type EngineRefusal } from './limits/admission.ts';
import { CallerSockets } from './limits/caller-sockets.ts';
import { SlowSockets } from './limits/slow-sockets.ts';
import { PacedEnds } from './sending/paced-ends.ts';
import { boundedWebSockets } from './web-sockets.ts';

/**
 * The range over which the clients of a draining server reconnect: 5,000 of them are two per
 * millisecond for the other instances.
 */
const drainRetryMs = [100, 3_000] as const;
/** The retry range of a caller with too many sockets, which stay open for a while. */
const callerFullRetryMs = [5_000, 15_000] as const;
/** Sockets are closed after their `goodbye`, or cut after 0.9 s when the client does not read. */
const drainMsMax = 1_000;
const drainCheckIntervalMs = 10;
/**
 * Socket.IO's own time limit for a handshake. It is far more than a handshake takes on an
 * overloaded server.
 */
const connectMsMax = 60_000;

export interface SocketServerOptions {
  readonly httpServer: HttpServer;
  /** The headers of every response. */
  readonly headers: SecurityHeaders;
  readonly readPath: ReadPath;
  readonly memberships: Memberships;
  readonly presence: Presence;
  readonly stream: ServerStream;
  readonly connections: Connections;
  readonly authenticator: HandshakeAuthenticator;
  readonly rateLimits: RateLimits;
  readonly limits: Limits;
  isAllowedOrigin(origin: string): boolean;
  /** Records the use of a credential that is not recorded when it is authenticated. */
  recordUse(caller: Caller): void;
  /** Called when a handshake, or another credential of an open connection, is refused. */
  recordRefusal(refusal: SocketRefusal): void;
  /** The client address of a request. Null when the connection is closed. */
  addressOf(request: IncomingMessage): string | null;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface SocketServer {
  /**
   * Refuses new sockets, sends `goodbye` to the open ones, and waits until they are closed, a
   * second at most. HTTP requests are still served.
   */
  drain(): Promise<void>;
  /** Closes the remaining sockets, and closes the HTTP server after the requests in progress. */
  close(): Promise<void>;
}

interface CountedHandshake extends AuthenticatedHandshake {
  /** Called when the socket ends, so that it no longer counts for its caller. */
  readonly release: () => void;
}

/**
 * Opens Socket.IO as the transport of one process. It does not recover connections, because that
 * would restore the subscriptions of removed members. It has no adapter between instances (rule
 * A4).
 */
export function openSocketServer({
  headers,
  httpServer,
  readPath,
  memberships,
  presence,
  stream,
  connections,
  authenticator,
  rateLimits,
  limits,
  isAllowedOrigin,
  recordUse,
  recordRefusal,
  addressOf,
  clock,
  counters,
  metrics,
  log,
}: SocketServerOptions): SocketServer {
  let isDraining = false;
  counters.startAtZero('resubscribes', resubscribeReasons);
  const slowSockets = new SlowSockets(clock);
  const handshakes = new Handshakes(authenticator, stream, rateLimits);
  metrics.expose('rollcall_sockets', 'Open sockets', null, () => connections.size);
  metrics.expose('rollcall_unsent_bytes', 'Bytes buffered for clients that have not read them yet', null, () => connections.unsentBytes);
  metrics.expose(
    'rollcall_sockets_behind',
    'Sockets that are sent nothing more until their client has read what is buffered',
    null,
    () => slowSockets.size,
  );
  metrics.expose(
    'rollcall_stale_replicas',
    'Replicas older than their lease, as last reported by their clients',
    null,
    () => connections.staleCount,
  );
  const findSocket = (sid: string) => {
    const { clients } = io.engine as unknown as { readonly clients: Readonly<Record<string, EngineSocket>> };
    return Object.hasOwn(clients, sid) ? clients[sid]! : null;
  };
  const admission = new Admission({ limits, rateLimits, headers, addressOf, findSocket, clock, counters, metrics, log });
  const io = new Server(httpServer, {
    path: '/socket.io/',
    serveClient: false,
    maxHttpBufferSize: socketLimits.messageBytes.value,
    // `Admission` has its own limits for silent clients. Socket.IO's timeout must not close clients
    // that wait for an overloaded server.
    connectTimeout: connectMsMax,
    wsEngine: boundedWebSockets((webSocket, request) => admission.watch(webSocket, request), headers),
    // Compression would run once per socket on frames that are encoded once for all. `FrameWriter`
    // also relies on its absence.
    perMessageDeflate: false,
    httpCompression: false,
    cors: {
      origin: (origin, allow) => allow(null, origin !== undefined && isAllowedOrigin(origin)),
      credentials: true,
      exposedHeaders: ['Retry-After'],
    },
    // CORS alone does not stop a page of another origin from opening a WebSocket.
    allowRequest: (request, allow) => allow(null, request.headers.origin === undefined || isAllowedOrigin(request.headers.origin)),
  });

  // No frame is sent to a room, and the room of each socket would take some 400 bytes.
  io.of('/').adapter.addAll = () => {};
  io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => admission.admit(request, response, next));
  io.engine.on('connection', (socket: EngineSocket) => admission.opened(socket));
  io.engine.on('connection_error', (refusal: EngineRefusal) => admission.refused(refusal));

  const callerSockets = new CallerSockets(limits.socketsPerCaller);
  /** Counts a socket until its connection closes, or until the returned function is called. */
  const countSocket = (conn: EngineSocket, { authentication }: AuthenticatedHandshake) => {
    const release = callerSockets.take(ownerKeyOf(authentication));
    if (!release) throw new HandshakeError('overloaded', callerFullRetryMs);
    // It may have closed during the handshake.
    if (engineOf(conn).readyState === 'closed') release();
    conn.on('close', release);
    return () => {
      conn.off('close', release);
      release();
    };
  };

  io.use((socket, next) => {
    const guard = admission.guardOf(socket.conn);
    const authenticate = async () => {
      if (isDraining) throw new HandshakeError('draining', drainRetryMs);
      const authenticated = await handshakes.authenticate(socket.handshake, guard);
      return { release: countSocket(socket.conn, authenticated), ...authenticated } satisfies CountedHandshake;
    };
    authenticate().then(
      (authenticated) => {
        socket.data = authenticated;
        next();
      },
      (error: Error) => {
        if (error instanceof HandshakeError) {
          counters.increment('handshakesRefused', 1, error.data.code);
          recordRefusal({ code: error.data.code, address: guard.address, caller: null });
        }
        next(error);
        guard.refused();
      },
    );
  });

  const ends = new PacedEnds(clock);
  const credentialDeps = { handshakes, connections, stream, recordUse, recordRefusal, clock, counters, log };
  const loggedReports = new ExpiringMap<true>(() => clock.now());
  const shared = { readPath, memberships, presence, stream, slowSockets, ends, limits, clock, counters, metrics, log, loggedReports };
  io.on('connection', (socket) => {
    const handshake = socket.data as CountedHandshake;
    const guard = admission.guardOf(socket.conn);
    const connection = new Connection(socket, callerFrom(handshake.authentication, guard.address, clock.wallTime()), shared);
    recordUse(connection.caller);
    guard.authenticated(() => connection.received());
    forgetHandshake(socket);
    rateLimits.giveBack('requestsPerAddress', guard.network);
    const credential = new ConnectionCredential(connection, handshake, guard, credentialDeps);
    socket.on('credential', (payload: unknown, acknowledge: unknown) => void credential.receive(payload, acknowledge));
    const end = () => {
      credential.end();
      handshake.release();
    };
    socket.on('disconnect', end);
    // A revocation that arrived after the handshake has ended the connection already.
    if (socket.disconnected) end();
    // The handshake was accepted before the drain, and the connection opened after it.
    if (isDraining) connection.goodbye('draining', drainRetryMs);
  });

  return {
    async drain() {
      isDraining = true;
      connections.drain(drainRetryMs);
      const until = performance.now() + drainMsMax;
      while (io.engine.clientsCount > 0 && performance.now() < until) await sleep(drainCheckIntervalMs);
    },
    close: () => io.close(),
  };
}

const empty = Object.freeze({});

/**
 * Lets go of the first request and of the client's `auth` object, which take some 5 KB and contain
 * the credential. Socket.IO uses them for a handshake only. A connection over WebTransport never
 * has a request.
 */
function forgetHandshake({ conn, handshake }: Socket): void {
  engineOf(conn).request = null;
  Object.assign(handshake, { headers: empty, query: empty, auth: empty, url: '', time: '' });
}
