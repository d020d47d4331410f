import type { Duplex } from 'node:stream';
import type { Socket } from 'socket.io';
import type { WebSocket } from 'ws';

/** A Socket.IO socket's engine.io connection, as its types have it. */
export type EngineSocket = Socket['conn'];

/** What engine.io keeps of a packet until its transport takes it. */
interface QueuedPacket {
  readonly data?: string | Buffer;
  readonly options?: { readonly wsPreEncodedFrame?: readonly Buffer[] };
}

/** engine.io's and ws's types keep these to themselves; their versions are pinned. */
export interface Engine {
  readonly readyState: 'opening' | 'open' | 'closing' | 'closed';
  readonly writeBuffer: readonly QueuedPacket[];
  /** A WebSocket is being tried in place of long polling. */
  readonly upgrading: boolean;
  readonly upgraded: boolean;
  /** Its socket is absent on long polling; the connection below that is null once it is over. */
  readonly transport: { readonly name: string; readonly socket?: WebSocket & { readonly _socket: Duplex | null } };
}

export function engineOf(conn: EngineSocket): Engine {
  return conn as unknown as Engine;
}
