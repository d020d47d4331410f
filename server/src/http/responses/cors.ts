import type { RequestHandler, Response } from 'express';
import type { Services } from '../services.ts';

const exposedHeaders = 'X-Sentry-Error, X-Sentry-Direct-Hit, X-Hits, X-Max-Hits, Endpoint, Retry-After, Link';
/** The headers that only writes have. */
const ownHeaders = ['X-Org-Revision', 'Preference-Applied', 'Rollcall-Applied'];
/**
 * The headers that Sentry's clients send, including those of tracing, and the additional headers of
 * writes.
 */
const allowedHeaders =
  'X-Sentry-Auth, X-Requested-With, Origin, Accept, Content-Type, Authentication, Authorization, Content-Encoding, ' +
  'sentry-trace, baggage, X-CSRFToken, Idempotency-Key, If-Match, Prefer';

export type Origins = Pick<Services, 'publicUrl' | 'origins'>;

/**
 * Whether a browser page of this origin may call us: our own origin, or a configured one. The whole
 * origin is compared, never a suffix.
 */
export function isAllowedOrigin({ publicUrl, origins }: Origins, origin: string): boolean {
  return origin === new URL(publicUrl).origin || origins.allowed.includes(origin);
}

/**
 * REST contract 1.4. A browser page of another origin gets no permission to read. `dispatch` sets
 * the methods of a path.
 */
export function allowOrigins(services: Origins): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers;
    response.setHeader('Vary', 'Origin');
    if (origin === undefined) response.setHeader('Access-Control-Allow-Origin', '*');
    else if (isAllowedOrigin(services, origin)) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      // Allows the session cookie, which browsers send from pages on a sibling domain.
      response.setHeader('Access-Control-Allow-Credentials', 'true');
    } else services.origins.refused.record(origin);
    exposeHeaders(response);
    next();
  };
}

/**
 * Lists the headers that a browser page may read: exactly those of Sentry's contract, and our own
 * if the response has them (rule W7).
 */
export function exposeHeaders(response: Response): void {
  const own = ownHeaders.filter((name) => response.hasHeader(name));
  response.setHeader('Access-Control-Expose-Headers', [exposedHeaders, ...own].join(', '));
}

/** Responds before any authentication: browsers send preflight requests without credentials. */
export function sendOptions(response: Response): void {
  response.setHeader('Access-Control-Allow-Headers', allowedHeaders);
  response.setHeader('Access-Control-Max-Age', '3600');
  response.status(200).end();
}
