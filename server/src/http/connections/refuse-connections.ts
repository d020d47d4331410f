import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { headersTooLarge } from '../../runtime/limits/header-count.ts';
import { refusalBody, sendRawResponse } from '../../runtime/raw-response.ts';
import type { SecurityHeaders } from '../../runtime/security-headers.ts';

/**
 * Responds to data that never becomes a request, in the form of all other refusals. Node would
 * close the connection, or respond without a body.
 */
export function refuseConnections(server: Server, headers: SecurityHeaders): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (socket.writable && !hasResponseBegun(socket)) sendRawResponse(socket, refusalOf(error.code), headers);
    else socket.destroy();
  });
  server.on('connect', (_request, socket) => sendRawResponse(socket, [405, 'Method "CONNECT" not allowed.'], headers));
}

/** Refuses a request that cannot be passed to a route. */
export function sendRefusal(response: ServerResponse, status: number, detail: string): void {
  const body = refusalBody(detail);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }).end(body);
}

/**
 * Refuses upgrades outside of Socket.IO's path. Call it when Socket.IO listens: before, no
 * connection is upgraded.
 */
export function refuseOtherUpgrades(server: Server, socketPath: string, headers: SecurityHeaders): void {
  server.on('upgrade', (request, socket) => {
    if (!request.url?.startsWith(socketPath)) sendRawResponse(socket, [400, 'This path does not support upgrades.'], headers);
  });
}

function refusalOf(code: string | undefined): readonly [status: number, detail: string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return headersTooLarge;
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return [413, 'Request body is too large.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'The request took too long to arrive.'];
    default:
      return [400, 'Bad request.'];
  }
}

/**
 * Whether a response is being sent, which must not be interrupted by another. Node stores it in a
 * field that its types omit.
 */
function hasResponseBegun(socket: Duplex): boolean {
  const { _httpMessage: answer } = socket as { _httpMessage?: { readonly _headerSent?: boolean } | null } & Duplex;
  return answer?._headerSent === true;
}
