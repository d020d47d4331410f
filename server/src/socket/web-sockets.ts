import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { socketLimits } from '../runtime/limits/rows/sockets.ts';
import { sendRawResponse } from '../runtime/raw-response.ts';
import type { SecurityHeaders } from '../runtime/security-headers.ts';

/** A client that does not respond to a close is cut off. ws would wait 30 s and read on. */
const closeMsMax = 1_000;

/** The versions of the protocol that ws supports. RFC 6455 4.4 requires the header in a refusal. */
const versions = { 'Sec-WebSocket-Version': '13, 8' };

/**
 * @param watch called with each WebSocket before it is read
 * @param headers those of every response, which ws would omit in its refusals
 */
export function boundedWebSockets(
  watch: (webSocket: WebSocket, request: IncomingMessage) => void,
  headers: SecurityHeaders,
): typeof WebSocketServer {
  return class extends WebSocketServer {
    #isClosed = false;

    constructor(options: ServerOptions) {
      super({
        ...options,
        maxFragments: socketLimits.fragments.value,
        maxBufferedChunks: socketLimits.bufferedChunks.value,
        closeTimeout: closeMsMax,
      } as ServerOptions);
      this.on('wsClientError', ({ message }, socket) => sendRawResponse(socket, [400, message], { ...headers, ...versions }));
    }

    override close(callback?: (error?: Error) => void): void {
      this.#isClosed = true;
      super.close(callback);
    }

    override handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      callback: (client: WebSocket, request: IncomingMessage) => void,
    ): void {
      if (this.#isClosed) {
        sendRawResponse(socket, [503, 'The server is stopping.'], headers);
        return;
      }
      // engine.io sends its first packet in this tick. Both become one write to the kernel.
      socket.cork();
      process.nextTick(() => socket.uncork());
      super.handleUpgrade(request, socket, head, (webSocket, upgraded) => {
        watch(webSocket, upgraded);
        callback(webSocket, upgraded);
      });
    }
  } as typeof WebSocketServer;
}
