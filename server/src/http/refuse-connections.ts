import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerRaw, refusalBody } from '../runtime/answer-raw.ts';

/** Answers what never becomes a request, in the shape of all other refusals: node would close the connection, or answer with no body. */
export function refuseConnections(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (socket.writable && !hasAnswerBegun(socket)) answerRaw(socket, ...refusalOf(error.code));
    else socket.destroy();
  });
  server.on('checkExpectation', (_request, response) => answerRefusal(response, 417, 'Only "100-continue" can be expected.'));
  server.on('connect', (_request, socket) => answerRaw(socket, 405, 'Method "CONNECT" not allowed.'));
}

/** Of a request that no route can be asked about. */
export function answerRefusal(response: ServerResponse, status: number, detail: string): void {
  const body = refusalBody(detail);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }).end(body);
}

/** For sockets alone a connection is upgraded. Called when these are listened for: until then, nothing is. */
export function refuseOtherUpgrades(server: Server, socketPath: string): void {
  server.on('upgrade', (request, socket) => {
    if (!request.url?.startsWith(socketPath)) answerRaw(socket, 400, 'This path has no upgrade.');
  });
}

function refusalOf(code: string | undefined): [status: number, detail: string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'Request header fields are too large.'];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return [413, 'Request body is too large.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'The request took too long to arrive.'];
    default:
      return [400, 'Bad request.'];
  }
}

/** An answer that is on its way is not written into. Node keeps it where no type tells of it. */
function hasAnswerBegun(socket: Duplex): boolean {
  const { _httpMessage: answer } = socket as { _httpMessage?: { readonly _headerSent?: boolean } | null } & Duplex;
  return answer?._headerSent === true;
}
