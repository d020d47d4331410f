import type { Socket } from 'socket.io';
import { engineOf } from './engine.ts';

/**
 * Bytes this process holds for a client: what engine.io has queued and what the WebSocket could not yet hand to the
 * kernel. The kernel's own buffers, some megabytes at most, come on top.
 */
export function unsentBytes(socket: Socket): number {
  const { writeBuffer, transport } = engineOf(socket);
  let bytes = transport.socket?.bufferedAmount ?? 0;
  for (const { data, options } of writeBuffer) bytes += lengthOf(options?.wsPreEncodedFrame) ?? data?.length ?? 0;
  return bytes;
}

/** Closes the transport without waiting for a client that may never read. */
export function cutTransport(socket: Socket): void {
  const { transport } = engineOf(socket);
  if (transport.socket) transport.socket.terminate();
  else socket.conn.close(true);
}

function lengthOf(chunks: readonly Buffer[] | undefined): number | undefined {
  return chunks?.reduce((sum, { length }) => sum + length, 0);
}
