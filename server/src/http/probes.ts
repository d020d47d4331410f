import type { RequestHandler } from 'express';

/**
 * `/healthz` and `/readyz`. They come before everything else, limits included, since a balancer must always get an answer;
 * each costs no more than a few dozen microseconds.
 * @param readiness null when ready, else what is missing
 */
export function answerProbes(readiness: () => Promise<string | null>): RequestHandler {
  return async (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
      response.end(JSON.stringify(body));
    };
    // As it came: the parsed path would cost more than the answer.
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
