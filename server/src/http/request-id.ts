import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const header = 'X-Request-Id';

/** Ids as proxies, tracers and clients make them, without anything that could mean something to whatever reads a log. */
const acceptedId = /^[A-Za-z0-9._:=+/-]{1,128}$/;

/** The id of a request: the one it was sent with, so that it is the same in the logs of every hop, else a new one. The answer says it. */
export function takeRequestId({ headers }: IncomingMessage, response: ServerResponse): string {
  const given = headers['x-request-id'];
  const id = typeof given === 'string' && acceptedId.test(given) ? given : randomUUID();
  response.setHeader(header, id);
  return id;
}
