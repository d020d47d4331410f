import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Limits } from '../../runtime/limits/limits.ts';
import { transferLimits } from '../../runtime/limits/rows/transfers.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';
import { admitNext } from '../limits/admit-suspected.ts';
import { BufferedBytes, type BufferLimits } from '../limits/buffered-bytes.ts';
import { announcedBytes, hasBody } from '../requests/request-body.ts';
import { type ConnectionLimits, HttpConnections } from './http-connections.ts';
import type { ResponseObserver } from './observed-messages.ts';
import { sendRefusal } from './refuse-connections.ts';
import { SlowReaders } from './slow-readers.ts';

/**
 * The time that a connection closed by a refusal stays half open, so that a client that is still
 * sending can read the refusal.
 */
const lingerMs = 1_000;

export type ResourceGuardLimits = BufferLimits & ConnectionLimits & Pick<Limits, 'responseStallSeconds'>;

/**
 * Tracks the resources of the server's connections, requests and responses, and ends those that use
 * too much.
 */
export class ResourceGuard implements ResponseObserver {
  readonly buffered: BufferedBytes;
  readonly connections: HttpConnections;
  readonly #slowReaders: SlowReaders;

  constructor(limits: ResourceGuardLimits, counters: Counters) {
    this.buffered = new BufferedBytes(limits, counters);
    this.connections = new HttpConnections(limits, counters);
    this.#slowReaders = new SlowReaders(this.buffered, counters, limits.responseStallSeconds);
  }

  watch(server: Server): void {
    server.on('connection', (socket) => this.connections.opened(socket));
    server.on('close', () => {
      this.connections.close();
      this.#slowReaders.close();
    });
  }

  /**
   * Call this once per request, before any other handling. Returns false for a request of a
   * connection with too many, which must not be handled.
   */
  admits(request: IncomingMessage, response: ServerResponse): boolean {
    response.on('close', () => {
      this.connections.ended(response);
      this.#slowReaders.closed(response);
    });
    const admission = this.connections.began(request, response);
    if (admission === 'refused') {
      this.closeAfter(response);
      sendRefusal(response, 429, 'Too many requests on this connection.');
    }
    return admission === 'served';
  }

  /** The rest of a body is received if it is small, so that the connection can be reused. */
  mayDrain(request: IncomingMessage): boolean {
    return !hasBody(request) || request.complete || announcedBytes(request) <= transferLimits.discardedBytes.value;
  }

  starting(response: ServerResponse): void {
    // A client that reads no response must not hold up others.
    admitNext(response);
    const { req: request } = response;
    if (this.mayDrain(request)) return;
    request.pause();
    this.closeAfter(response);
  }

  /** Makes a response the last of its connection, from which no more is read. */
  closeAfter(response: ServerResponse): void {
    response.shouldKeepAlive = false;
    response.req.socket.pause();
    response.req.socket.destroySoon = linger;
  }

  sent(response: ServerResponse, bytes: number): void {
    this.#slowReaders.sent(response, bytes);
  }
}

/**
 * If the socket closed at once, the kernel would reset the connection because of received bytes
 * that we have not read. The client could then miss the response.
 */
function linger(this: Socket): void {
  this.end();
  setTimeout(() => this.destroy(), lingerMs).unref();
}
