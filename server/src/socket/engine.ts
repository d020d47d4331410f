import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'socket.io';
import type { WebSocket } from 'ws';

/** The engine.io connection below a Socket.IO socket, under the type that Socket.IO gives it. */
export type EngineSocket = Socket['conn'];

/** A packet in engine.io's queue, before the transport takes it. */
interface QueuedPacket {
  readonly data?: string | Buffer;
  readonly options?: { readonly wsPreEncodedFrame?: readonly Buffer[] };
}

/** Internals that the types of engine.io and ws do not declare. The versions of both are pinned. */
export interface Engine {
  /** The first request of the connection. */
  request: IncomingMessage | null;
  readonly readyState: 'opening' | 'open' | 'closing' | 'closed';
  readonly writeBuffer: readonly QueuedPacket[];
  /** Whether the client is trying to replace long polling by a WebSocket. */
  readonly upgrading: boolean;
  readonly upgraded: boolean;
  /** `socket` is absent on long polling. `_socket`, the TCP connection, is null after it closed. */
  readonly transport: { readonly name: string; readonly socket?: WebSocket & { readonly _socket: Duplex | null } };
}

export function engineOf(conn: EngineSocket): Engine {
  return conn as unknown as Engine;
}
