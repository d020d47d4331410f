import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';

/** Socket.IO clients send a message in one frame. Intermediaries may split it into several. */
const fragmentsMax = 64;
/** The chunks of an incomplete frame. A frame of 16 KiB has some 30 on a slow line. */
const bufferedChunksMax = 256;
/** A client that does not respond to a close is cut off. ws would wait 30 s and read on. */
const closeMsMax = 1_000;

/** @param watch called with each WebSocket before it is read */
export function boundedWebSockets(watch: (webSocket: WebSocket, request: IncomingMessage) => void): typeof WebSocketServer {
  return class extends WebSocketServer {
    constructor(options: ServerOptions) {
      super({ ...options, maxFragments: fragmentsMax, maxBufferedChunks: bufferedChunksMax, closeTimeout: closeMsMax } as ServerOptions);
    }

    override handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      callback: (client: WebSocket, request: IncomingMessage) => void,
    ): void {
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
