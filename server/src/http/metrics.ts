import { OrgError } from '@rollcall/protocol';
import type { RequestHandler } from 'express';
import { isOperator } from '../identity/operator-token.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { assertWithin, countRefusedCredential } from './limit-requests.ts';
import type { Services } from './services.ts';

/**
 * `/metrics`, for Prometheus. Numbers of organizations and sockets are not for the public, so the caller shows the
 * operator's token unless `METRICS_OPEN` is set. A connection from this machine proves nothing: it may be a tunnel's.
 */
export function answerMetrics(metrics: Metrics, { operatorToken, hasOpenMetrics, rateLimits }: Services): RequestHandler {
  return async (request, response) => {
    const hasToken = operatorToken !== null && isOperator(request.headers.authorization, operatorToken);
    // Writing them takes a millisecond or more, whoever asks.
    if (!hasToken) assertWithin(rateLimits, response, await countRefusedCredential(rateLimits, request));
    if (!hasToken && !hasOpenMetrics) {
      throw new OrgError('unauthenticated', 'Authentication credentials were not provided.');
    }
    response.setHeader('Content-Type', metrics.registry.contentType);
    response.end(await metrics.show());
  };
}
