import { OrgError } from '@rollcall/protocol';
import type { RequestHandler } from 'express';
import { isOperator } from '../../identity/tokens/operator-token.ts';
import type { Metrics } from '../../runtime/metrics/metrics.ts';
import { assertWithin, countAnonymousGuess, countOutsider } from '../limits/limit-requests.ts';
import type { Services } from '../services.ts';

/**
 * `/metrics`, for Prometheus. The numbers of organizations and sockets are not public, so the
 * caller sends the operator's token unless `METRICS_OPEN` is set. A connection from this machine
 * proves nothing, because it may come through a tunnel.
 */
export function serveMetrics(metrics: Metrics, { operator, rateLimits }: Services): RequestHandler {
  return async (request, response) => {
    const hasToken = operator.token !== null && isOperator(request.headers.authorization, operator.token);
    // Rendering the metrics takes a millisecond or more for any caller.
    const count = operator.hasOpenMetrics ? countAnonymousGuess : countOutsider;
    if (!hasToken) assertWithin(rateLimits, response, await count(rateLimits, request));
    if (!hasToken && !operator.hasOpenMetrics) {
      throw new OrgError('unauthenticated', 'Authentication credentials were not provided.');
    }
    response.setHeader('Content-Type', metrics.registry.contentType);
    response.end(await metrics.show());
  };
}
