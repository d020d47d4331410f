import type { Duplex } from 'node:stream';
import type { Socket } from 'socket.io';
import type { WebSocket } from 'ws';

/** What engine.io keeps of a packet until its transport takes it. */
interface QueuedPacket {
  readonly data?: string | Buffer;
  readonly options?: { readonly wsPreEncodedFrame?: readonly Buffer[] };
}

/** engine.io's and ws's types keep these to themselves; their versions are pinned. */
export interface Engine {
  readonly readyState: 'opening' | 'open' | 'closing' | 'closed';
  readonly writeBuffer: readonly QueuedPacket[];
  /** Its socket is absent on long polling; the connection below that is null once it is over. */
  readonly transport: { readonly socket?: WebSocket & { readonly _socket: Duplex | null } };
}

/** The engine.io connection below a Socket.IO socket. */
export function engineOf({ conn }: Socket): Engine {
  return conn as unknown as Engine;
}
