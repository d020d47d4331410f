import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';

declare global {
  namespace Express {
    interface Request {
      /** Names the request in the log, and in the response's header. */
      id: string;
    }
  }
}

const header = 'X-Request-Id';

/**
 * Ids in the form of proxies, tracers and clients. They contain no characters with a meaning for
 * log readers.
 */
const acceptedId = /^[A-Za-z0-9._:=+/-]{1,128}$/;

/**
 * Sets and returns the id of a request, and sends it in the response. An id that the request
 * already has is kept, so that it is the same in the logs of every hop.
 */
export function assignRequestId(request: Request, response: Response): string {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && acceptedId.test(given) ? given : randomUUID();
  request.id = id;
  response.setHeader(header, id);
  return id;
}
