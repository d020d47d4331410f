import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { socketLimits } from '../runtime/limits/rows/sockets.ts';

/** A client that does not respond to a close is cut off. ws would wait 30 s and read on. */
const closeMsMax = 1_000;

/** @param watch called with each WebSocket before it is read */
export function boundedWebSockets(watch: (webSocket: WebSocket, request: IncomingMessage) => void): typeof WebSocketServer {
  return class extends WebSocketServer {
    constructor(options: ServerOptions) {
      super({
        ...options,
        maxFragments: socketLimits.fragments.value,
        maxBufferedChunks: socketLimits.bufferedChunks.value,
        closeTimeout: closeMsMax,
      } as ServerOptions);
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
