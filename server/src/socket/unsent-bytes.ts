import { type EngineSocket, engineOf } from './engine.ts';

/**
 * Bytes this process holds for a client: what engine.io has queued and what the WebSocket could not yet hand to the
 * kernel. The kernel's own buffers, some megabytes at most, come on top.
 */
export function unsentBytes(conn: EngineSocket): number {
  const { writeBuffer, transport } = engineOf(conn);
  let bytes = transport.socket?.bufferedAmount ?? 0;
  for (const { data, options } of writeBuffer) bytes += lengthOf(options?.wsPreEncodedFrame) ?? data?.length ?? 0;
  return bytes;
}

/** Closes the transport without waiting for a client that may never read. */
export function cutTransport(conn: EngineSocket): void {
  const { socket } = engineOf(conn).transport;
  conn.close(true);
  socket?.terminate();
}

function lengthOf(chunks: readonly Buffer[] | undefined): number | undefined {
  return chunks?.reduce((sum, { length }) => sum + length, 0);
}
