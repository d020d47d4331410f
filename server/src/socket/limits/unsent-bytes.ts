import { type EngineSocket, engineOf } from '../engine.ts';

/**
 * The bytes that this process holds for a client: engine.io's queue, and what the WebSocket could
 * not yet pass to the kernel. The kernel's own buffers, some megabytes at most, are not included.
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
