import type { RequestHandler } from 'express';
import type { Services } from './services.ts';

const exposedHeaders = [
  'X-Sentry-Error, X-Sentry-Direct-Hit, X-Hits, X-Max-Hits, Endpoint, Retry-After, Link, X-Org-Revision, X-Request-Id',
  ...['Limit', 'Remaining', 'Reset', 'ConcurrentLimit', 'ConcurrentRemaining'].map((name) => `X-Sentry-Rate-Limit-${name}`),
].join(', ');
const allowedHeaders = 'Authorization, Content-Type, Idempotency-Key, If-Match';
const allowedMethods = 'GET, POST, PUT, DELETE, OPTIONS';

/** Whether a browser page of this origin may call us: our own, or one that was named. Compared whole, never by suffix. */
export function isAllowedOrigin({ publicUrl, allowedOrigins }: Pick<Services, 'publicUrl' | 'allowedOrigins'>, origin: string): boolean {
  return origin === new URL(publicUrl).origin || allowedOrigins.includes(origin);
}

/** Spec: 1.4. OPTIONS is answered before any authentication. A browser page of another origin gets no permission to read. */
export function allowOrigins(services: Services): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers;
    response.setHeader('Vary', 'Origin');
    if (origin === undefined) response.setHeader('Access-Control-Allow-Origin', '*');
    else if (isAllowedOrigin(services, origin)) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      // With its session, where the browser sends one there: a page on a sibling domain.
      response.setHeader('Access-Control-Allow-Credentials', 'true');
    }
    response.setHeader('Access-Control-Allow-Methods', allowedMethods);
    response.setHeader('Access-Control-Expose-Headers', exposedHeaders);
    if (request.method !== 'OPTIONS') return next();
    response.setHeader('Access-Control-Allow-Headers', allowedHeaders);
    response.setHeader('Access-Control-Max-Age', '3600');
    response.status(200).end();
  };
}
