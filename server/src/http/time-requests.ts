import type { Request, RequestHandler, Response } from 'express';
import { clientClosedStatus, type Metrics } from '../runtime/metrics.ts';

/** Methods with a series of their own. Node takes some thirty more, which no route answers. */
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** What no route took: unknown paths, and what was refused before a route was looked for. */
const unmatched = 'unmatched';

/** Measures every request until its answer has been handed to the kernel, or its client has gone. */
export function timeRequests(metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    // It comes once: see `limitRequests` for why this is no `once`.
    response.on('close', () => {
      const method = methods.has(request.method) ? request.method : 'other';
      const status = response.writableFinished ? response.statusCode : clientClosedStatus;
      metrics.observeRequest({ method, route: routeOf(request, response), status }, (performance.now() - startedAt) / 1_000);
    });
    next();
  };
}

/** Names the route of a request for the metrics, by its template. Routes outside of any mounted router need not call it. */
export function nameRoute(response: Response, template: string): void {
  response.locals.route = template;
}

function routeOf(request: Request, { locals }: Response): string {
  if (typeof locals.route === 'string') return locals.route;
  // A route with several addresses is known by its first.
  const [path] = [request.route?.path ?? unmatched].flat() as string[];
  return path ?? unmatched;
}
