import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Express } from 'express';
import { hasTooManyHeaders, headersRead, headersTooLarge } from '../runtime/limits/header-count.ts';
import { transferLimits } from '../runtime/limits/rows/transfers.ts';
import { Counters } from '../runtime/metrics/counters.ts';
import type { SecurityHeaders } from '../runtime/security-headers.ts';
import { StartupError } from '../runtime/startup-error.ts';
import { appWith, observedMessages } from './connections/observed-messages.ts';
import { refuseConnections, refuseOtherUpgrades, sendRefusal } from './connections/refuse-connections.ts';
import { ResourceGuard, type ResourceGuardLimits } from './connections/resource-guard.ts';
import type { BufferedBytes } from './limits/buffered-bytes.ts';
import { httpTimes } from './limits/http-times.ts';
import { respondToProbe } from './monitoring/probes.ts';

/** Express's type for `trust proxy`. */
type TrustsProxy = (address: string, hop: number) => boolean;

/** The path of Socket.IO, on the same server. */
const socketPath = '/socket.io/';

/**
 * Connections that the kernel queues until we accept them, unless its own limit is lower. After a
 * restart, 5,000 clients connect within a second. A client that finds the queue full retries after
 * one, three and seven seconds.
 */
const backlogMax = 8_192;

export interface Listening {
  readonly server: Server;
  /** Our own base URL, as far as this machine knows it. */
  readonly url: string;
  readonly buffered: BufferedBytes;
  /** The headers of every response. */
  readonly headers: SecurityHeaders;
  /** Creates the only app that `answerBy` may get. Its handlers are still to be added. */
  newApp(): Express;
  /**
   * Starts to pass requests to the app, and those of Socket.IO to what `openSockets` attaches to
   * the server. Until then the server responds to probes only, and refuses other requests with 502.
   */
  answerBy<Sockets>(app: Express, openSockets: () => Sockets): Sockets;
  /**
   * Refuses further requests as before `answerBy`, except those of Socket.IO. The requests in
   * progress continue.
   */
  refuseRequests(): void;
  /** Stops listening, and cuts off the requests in progress. */
  close(): void;
}

/**
 * Binds the port before anything else starts, so that a start that fails because of its port has no
 * side effects.
 * @throws StartupError when the port cannot be bound
 */
export function listen(
  host: string,
  port: number,
  limits: ResourceGuardLimits,
  headers: SecurityHeaders,
  counters = new Counters(),
  times = httpTimes,
): Promise<Listening> {
  const resources = new ResourceGuard(limits, counters);
  const messages = observedMessages(resources, headers);
  const server = createServer({
    ...messages,
    headersTimeout: times.headersMs,
    requestTimeout: times.requestMs,
    keepAliveTimeout: times.keepAliveMs,
    connectionsCheckingInterval: times.checkIntervalMs,
    maxHeaderSize: transferLimits.headerBytes.value,
    // We check the header ourselves: Node would refuse the request without a body.
    requireHostHeader: false,
  });
  server.maxHeadersCount = headersRead;
  refuseConnections(server, headers);
  server.on('checkExpectation', (request, response) => {
    if (resources.admits(request, response)) sendRefusal(response, 417, 'The Expect header must be "100-continue".');
  });
  resources.watch(server);
  const refuseWhileStarting: RequestListener = (request, response) => {
    if (resources.admits(request, response)) refuseUnexecuted(request, response, 'starting');
  };
  let isRefusing = false;
  server.on('request', refuseWhileStarting);
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      const problem = isTaken ? 'another process uses it. Stop that process, or set PORT to another port' : error.message;
      reject(new StartupError(`Port ${port} of ${host} is not available: ${problem}`, { cause: error }));
    };
    server.once('error', refuse);
    server.listen({ port, host: listenAddressOf(host), backlog: backlogMax }, () => {
      server.off('error', refuse);
      resolve({
        server,
        url: urlOf(host, (server.address() as AddressInfo).port),
        buffered: resources.buffered,
        headers,
        newApp: () => appWith(messages),
        answerBy(app, openSockets) {
          resources.connections.trust((address) => (app.get('trust proxy fn') as TrustsProxy)(address, 0));
          server.off('request', refuseWhileStarting);
          server.on('request', (request, response) => {
            if (hasTooManyHeaders(request)) return sendRefusal(response, ...headersTooLarge);
            // Routers could not parse this URL, so no route would match, not even the one for
            // unknown paths.
            if (URL.canParse(request.url ?? '', 'http://localhost')) app(request, response);
            else sendRefusal(response, 400, 'Bad request.');
          });
          // Handlers that read the body request it then. Socket.IO does not request it, and reads
          // at once.
          server.on('checkContinue', (request, response) => {
            if (request.url?.startsWith(socketPath)) response.writeContinue();
            server.emit('request', request, response);
          });
          refuseOtherUpgrades(server, socketPath, headers);
          server.on('upgrade', (_request, socket) => {
            // Node removes its own listener. Without one, a client that resets its connection while
            // its handshake is checked would end this process. `close` follows.
            socket.on('error', () => {});
            resources.connections.upgraded(socket as Socket);
          });
          const sockets = openSockets();
          admitBefore(server, resources, () => isRefusing);
          return sockets;
        },
        refuseRequests() {
          isRefusing = true;
        },
        close() {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}

/**
 * Passes on only the requests that are admitted. Call it after Socket.IO has been attached, which
 * takes its requests before all other listeners.
 */
function admitBefore(server: Server, resources: ResourceGuard, isRefusing: () => boolean): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request').on('request', (request, response) => {
    if (!resources.admits(request, response)) return;
    if (isRefusing() && !request.url?.startsWith(socketPath)) refuseUnexecuted(request, response, 'stopping');
    else for (const listener of listeners) listener.call(server, request, response);
  });
}

/**
 * The status of no other response. It proves to the balancer that the request was not executed, so
 * the balancer may send it to another instance, also a write (docs/adr/0051).
 */
const unexecutedStatus = 502;

/** Responds to probes, and refuses all other requests of a server that does not serve them. */
function refuseUnexecuted(request: IncomingMessage, response: ServerResponse, state: 'starting' | 'stopping'): void {
  response.shouldKeepAlive = false;
  void respondToProbe(request, response, async () => `the server is ${state}`).then((isProbe) => {
    if (!isProbe) sendRefusal(response, unexecutedStatus, `The server is ${state}.`);
  });
}

/**
 * A machine may resolve `localhost` to ::1 alone, where containers and proxies don't look for the
 * server.
 */
export function listenAddressOf(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

/**
 * The URL of a server that listens on all addresses has the name `localhost`. An IPv6 address has
 * brackets.
 */
function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
