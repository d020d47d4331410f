import type { IncomingMessage, ServerResponse } from 'node:http';
import { OrgError } from '@rollcall/protocol';
import { type ErrorRequestHandler, type Express, type RequestHandler, Router } from 'express';
import { notFound } from '../domain/authorize.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics/metrics.ts';
import type { SecurityHeaders } from '../runtime/security-headers.ts';
import { dispatch } from './dispatch.ts';
import { admitSuspected } from './limits/admit-suspected.ts';
import { limitRequests, refuseKnownOver } from './limits/limit-requests.ts';
import { logRequests } from './monitoring/log-requests.ts';
import { serveMetrics } from './monitoring/metrics.ts';
import { handleProbes, type Readiness } from './monitoring/probes.ts';
import { timeRequests } from './monitoring/time-requests.ts';
import { openApiRouter } from './openapi/router.ts';
import { operatorRouter } from './operator/router.ts';
import { consoleRouter } from './pages/console.ts';
import { redirectToPublicHost } from './pages/redirect-to-public-host.ts';
import { pagesRouter, showNotFound } from './pages/router.ts';
import { proxyTrust } from './requests/caller-address.ts';
import { confirmAbsence } from './responses/confirm-absence.ts';
import { allowOrigins } from './responses/cors.ts';
import { isScimRequest } from './responses/scim-envelope.ts';
import { sendError } from './responses/send-reply.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';
import type { Services } from './services.ts';

/** An Express app, or a middleware. Declared without the types of Express. */
export type OwnApp = (request: IncomingMessage, response: ServerResponse, next: () => void) => void | Promise<void>;

export interface AppOptions {
  /** Creates the app with the classes of its server's requests. */
  readonly newApp: () => Express;
  /** The headers of every response. */
  readonly headers: SecurityHeaders;
  readonly services: Services;
  readonly log: Log;
  readonly trustedProxies: readonly string[];
  /** Shown at `/metrics`. */
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  /** The app of the embedding program. */
  readonly ownApp: OwnApp | undefined;
}

export function createApp({ newApp, headers, services, log, trustedProxies, metrics, readiness, ownApp }: AppOptions): Express {
  const app = newApp();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.set('trust proxy', proxyTrust(trustedProxies));
  app.set('query parser', false);
  app.use(timeRequests(metrics));
  app.use(handleProbes(readiness));
  if (ownApp) app.use(...withoutHeaders(headers, ownApp));
  const refuseOver = refuseKnownOver(services);
  app.use(refuseOver, admitSuspected(services, refuseOver));
  app.use(logRequests(log));
  app.use(assertHost);

  app.get('/metrics', serveMetrics(metrics, services));

  app.use('/api/operator', operatorRouter(services));
  // Runs before the limits, so that browsers can read that they are limited.
  app.use('/api/0', allowOrigins(services));
  app.use(limitRequests(services));
  app.use(openApiRouter(services));
  app.use('/api/0', apiRouter(services));
  app.use(redirectToPublicHost(services), pagesRouter(services), consoleRouter(services));
  app.use(showNotFound(services), handleUnknownRoute);
  app.use(confirmAbsence(services));
  app.use(sendError(log, services.writePath.counters, services.writePath.securityEvents));
  return app;
}

/** Routes such as `/api/0/organizations/:org/`: each path once, for all of its methods. */
function apiRouter(services: Services): Router {
  const router = Router({ strict: true, caseSensitive: true });
  for (const [path, onPath] of groupByPath(routes)) router.all(path, dispatch(onPath, services));
  return router;
}

function groupByPath(table: readonly Route[]): Map<string, Route[]> {
  const groups = new Map<string, Route[]>();
  for (const route of table) groups.set(route.path, [...(groups.get(route.path) ?? []), route]);
  return groups;
}

/**
 * The embedding program's app decides itself about the headers of its responses. Those of requests
 * and errors that it passes on are ours again.
 */
function withoutHeaders(
  headers: SecurityHeaders,
  ownApp: OwnApp,
): readonly [RequestHandler, OwnApp, ...RequestHandler[], ErrorRequestHandler] {
  const initial = Object.entries(headers);
  const restore = (response: ServerResponse) => {
    if (response.headersSent) return;
    for (const [name, value] of initial) response.setHeader(name, value);
  };
  return [
    (_request, response, next) => {
      for (const [name] of initial) response.removeHeader(name);
      next();
    },
    ownApp,
    dropClosed,
    (_request, response, next) => {
      restore(response);
      next();
    },
    (error, _request, response, next) => {
      restore(response);
      next(error);
    },
  ];
}

/**
 * Drops a request whose client disconnected while the embedding program's app handled it. `close`
 * was emitted already, so a handler that waits for it would never release what it has taken.
 */
const dropClosed: RequestHandler = (_request, response, next) => {
  if (!response.closed) next();
};

/** Node would refuse a request without the header too, but its response has no body. */
const assertHost: RequestHandler = ({ httpVersion, headers }, _response, next) => {
  if (httpVersion === '1.1' && headers.host === undefined) throw new OrgError('invalid', 'The request has no Host header.');
  next();
};

/** REST contract 1, trailing slash. */
const handleUnknownRoute: RequestHandler = (request, response) => {
  if (isScimRequest(request)) throw notFound();
  response.status(404);
  if (request.path.endsWith('/')) return void response.end();
  const hint = `Route not found, did you forget a trailing slash? try: ${request.path}/`;
  if (request.headers['content-type']?.startsWith('application/json')) {
    response.setHeader('Content-Type', 'application/json');
    return void response.end(JSON.stringify({ info: hint }));
  }
  response.type('text/plain').end(hint);
};
