import type { RequestHandler } from 'express';
import { assertOperatorScope } from '../../domain/operator.ts';
import type { Metrics } from '../../runtime/metrics/metrics.ts';
import { countAnonymousGuess, countOutsider } from '../limits/limit-requests.ts';
import { findOperator } from '../operator/find-operator.ts';
import { credentialsMissing } from '../requests/parsed-request.ts';
import type { Services } from '../services.ts';

/**
 * `/metrics`, for Prometheus. The numbers of organizations and sockets are not public, so the
 * caller sends an operator's token unless `METRICS_OPEN` is set. A connection from this machine
 * proves nothing, because it may come through a tunnel.
 */
export function serveMetrics(metrics: Metrics, services: Services): RequestHandler {
  const { hasOpenMetrics } = services.operator;
  return async (request, response) => {
    // Rendering the metrics takes a millisecond or more for any caller.
    const caller = await findOperator(request, response, services, hasOpenMetrics ? countAnonymousGuess : countOutsider);
    if (caller === null && !hasOpenMetrics) throw credentialsMissing();
    if (caller !== null) assertOperatorScope(caller, 'metrics:read');
    response.setHeader('Content-Type', metrics.registry.contentType);
    response.end(await metrics.show());
  };
}
