import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';

/**
 * The state that `/readyz` reports: null when ready, otherwise a description of what is missing.
 */
export type Readiness = () => Promise<string | null>;

/**
 * `/healthz` and `/readyz`. They run before everything else, including the limits, because a load
 * balancer must always get a response. Each takes a few dozen microseconds at most.
 */
export function handleProbes(readiness: Readiness): RequestHandler {
  return async (request, response, next) => {
    if (!(await respondToProbe(request, response, readiness))) next();
  };
}

/** Responds to a probe. Resolves to false, without a response, if the request is not a probe. */
export async function respondToProbe(request: IncomingMessage, response: ServerResponse, readiness: Readiness): Promise<boolean> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const answer = (status: number, body: object) => {
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(body));
    return true;
  };
  // The raw URL: parsing the path would cost more than the response.
  switch (request.url) {
    case '/healthz':
      return answer(200, { status: 'ok' });
    case '/readyz': {
      const missing = await readiness();
      return missing === null ? answer(200, { status: 'ready' }) : answer(503, { status: 'not ready', missing });
    }
    default:
      return false;
  }
}
