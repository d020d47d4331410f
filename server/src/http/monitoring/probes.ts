import type { RequestHandler } from 'express';

/**
 * `/healthz` and `/readyz`. They run before everything else, including the limits, because a load
 * balancer must always get a response. Each takes a few dozen microseconds at most.
 * @param readiness null when ready, otherwise a description of what is missing
 */
export function handleProbes(readiness: () => Promise<string | null>): RequestHandler {
  return async (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
      response.end(JSON.stringify(body));
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
        next();
    }
  };
}
