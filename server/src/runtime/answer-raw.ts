import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers on a connection for which Node made no response object, and closes it. The body has the shape of all other refusals. */
export function answerRaw(socket: Duplex, status: number, detail: string, headers: Readonly<Record<string, string>> = {}): void {
  const body = refusalBody(detail);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  // A client that resets the connection gets no answer.
  socket.on('error', () => {});
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

export function refusalBody(detail: string): string {
  return JSON.stringify({ detail });
}
