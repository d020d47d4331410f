import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const header = 'X-Request-Id';

/**
 * Ids in the form of proxies, tracers and clients. They contain no characters with a meaning for
 * log readers.
 */
const acceptedId = /^[A-Za-z0-9._:=+/-]{1,128}$/;

/**
 * Returns the id of a request, and sends it in the response. An id that the request already has is
 * kept, so that it is the same in the logs of every hop.
 */
export function assignRequestId({ headers }: IncomingMessage, response: ServerResponse): string {
  const given = headers['x-request-id'];
  const id = typeof given === 'string' && acceptedId.test(given) ? given : randomUUID();
  response.setHeader(header, id);
  return id;
}
