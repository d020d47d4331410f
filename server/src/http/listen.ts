import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Express } from 'express';
import { Counters } from '../runtime/counters.ts';
import { StartupError } from '../runtime/startup-error.ts';
import type { BufferedBytes } from './buffered-bytes.ts';
import { headerBytesMax, httpTimes } from './http-limits.ts';
import { answerRefusal, refuseConnections, refuseOtherUpgrades } from './refuse-connections.ts';
import { Traffic, type TrafficLimits } from './traffic.ts';
import { attachToApp, watchedMessages } from './watched-messages.ts';

/** Express's own form of `trust proxy`. */
type TrustsProxy = (address: string, hop: number) => boolean;

/** Where Socket.IO listens, beside us. */
const socketPath = '/socket.io/';

/**
 * Connections that the kernel holds until we take them; where its own limit is lower, that counts. After a restart 5,000 clients come within a
 * second, and each that finds no room tries again after one, three and seven seconds.
 */
const backlogMax = 8_192;

export interface Listening {
  readonly server: Server;
  /** Our own base URL, as far as this machine knows it. */
  readonly url: string;
  readonly buffered: BufferedBytes;
  /** Requests so far were answered 503; from now on they are answered by the app. */
  answerBy(app: Express): void;
}

/**
 * Takes the port, before anything else is begun: a start that fails for its port then leaves no trace.
 * @throws StartupError when the port cannot be had
 */
export function listen(
  host: string,
  port: number,
  limits: TrafficLimits,
  counters = new Counters(),
  times = httpTimes,
): Promise<Listening> {
  const traffic = new Traffic(limits, counters);
  const messages = watchedMessages(traffic);
  const server = createServer({
    ...messages,
    headersTimeout: times.headersMs,
    requestTimeout: times.requestMs,
    keepAliveTimeout: times.keepAliveMs,
    connectionsCheckingInterval: times.lookMs,
    maxHeaderSize: headerBytesMax,
    // Judged by us, since node would refuse it with no body.
    requireHostHeader: false,
  });
  refuseConnections(server);
  traffic.watch(server);
  server.on('request', answerStarting);
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      const problem = isTaken ? 'it is taken. Stop what has it, or set PORT to another' : error.message;
      reject(new StartupError(`Port ${port} of ${host} cannot be had: ${problem}`, { cause: error }));
    };
    server.once('error', refuse);
    server.listen({ port, host, backlog: backlogMax }, () => {
      server.off('error', refuse);
      resolve({
        server,
        url: urlOf(host, (server.address() as AddressInfo).port),
        buffered: traffic.buffered,
        answerBy(app) {
          attachToApp(messages, app);
          traffic.connections.trust((address) => (app.get('trust proxy fn') as TrustsProxy)(address, 0));
          server.off('request', answerStarting);
          server.on('request', (request, response) => {
            const beginning = traffic.began(request, response);
            if (beginning === 'ignored') return;
            if (beginning === 'refused') {
              traffic.closeAfter(response);
              return answerRefusal(response, 429, 'Too many requests on this connection.');
            }
            // Whatever finds routes by it would find none, not even the one that answers unknown paths.
            if (URL.canParse(request.url ?? '', 'http://localhost')) app(request, response);
            else answerRefusal(response, 400, 'Bad request.');
          });
          // Whoever reads the body asks for it then. Socket.IO does not, and reads at once.
          server.on('checkContinue', (request, response) => {
            if (request.url?.startsWith(socketPath)) response.writeContinue();
            server.emit('request', request, response);
          });
          refuseOtherUpgrades(server, socketPath);
          server.on('upgrade', (_request, socket) => traffic.connections.upgraded(socket as Socket));
        },
      });
    });
  });
}

const answerStarting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'Content-Type': 'application/json', 'Retry-After': '1' }).end('{"detail":"The server is starting."}');
};

/** A server on all addresses is reached by its own machine's name; an IPv6 address stands in brackets. */
function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** How connections end at a stop: requests that take longer are cut off, and those answered are looked for this often. */
export const closing = { requestsEndMsMax: 5_000, idleLookMs: 50 } as const;
