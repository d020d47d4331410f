import type { Request, RequestHandler, Response } from 'express';
import { clientClosedStatus, type Metrics } from '../../runtime/metrics/metrics.ts';
import { isScimRequest } from '../responses/scim-envelope.ts';

/**
 * Methods that have a series of their own. Node accepts some thirty more, which no route handles.
 */
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * The route of unmatched requests: unknown paths, and requests that were refused before routing.
 */
const unmatched = 'unmatched';

/** Measures each request until its response is passed to the kernel, or its client disconnects. */
export function timeRequests(metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    response.on('close', () => {
      const method = methods.has(request.method) ? request.method : 'other';
      const status = response.writableFinished ? response.statusCode : clientClosedStatus;
      if (isScimRequest(request)) metrics.countScimRequest(outcomeOf(status));
      metrics.observeRequest({ method, route: routeOf(request, response), status }, (performance.now() - startedAt) / 1_000);
    });
    next();
  };
}

function outcomeOf(status: number) {
  if (status === 429) return 'limited';
  if (status < 400) return 'done';
  return status < 500 || status === 501 ? 'refused' : 'failed';
}

/**
 * Sets the route of a request for the metrics, as its template. Routes outside of any mounted
 * router need not call it.
 */
export function nameRoute(response: Response, template: string): void {
  response.locals.route = template;
}

function routeOf(request: Request, { locals }: Response): string {
  if (typeof locals.route === 'string') return locals.route;
  // A route with several paths is reported under its first.
  const [path] = [request.route?.path ?? unmatched].flat() as string[];
  return path ?? unmatched;
}
