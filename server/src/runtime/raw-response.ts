import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SecurityHeaders } from './security-headers.ts';

/**
 * Sends a response on a connection for which Node made no response object, and closes the
 * connection. The body has the same shape as all other refusals.
 * @param headers those of every response, and further ones of this response
 */
export function sendRawResponse(
  socket: Duplex,
  [status, detail]: readonly [status: number, detail: string],
  headers: SecurityHeaders,
): void {
  const body = refusalBody(detail);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  // A client that resets the connection gets no response.
  socket.on('error', () => {});
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

export function refusalBody(detail: string): string {
  return JSON.stringify({ detail });
}
