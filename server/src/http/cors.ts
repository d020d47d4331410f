import type { RequestHandler, Response } from 'express';
import type { Services } from './services.ts';

const exposedHeaders = 'X-Sentry-Error, X-Sentry-Direct-Hit, X-Hits, X-Max-Hits, Endpoint, Retry-After, Link';
/** What Sentry's clients send, tracing of theirs included, and what writes may carry besides. */
const allowedHeaders =
  'X-Sentry-Auth, X-Requested-With, Origin, Accept, Content-Type, Authentication, Authorization, Content-Encoding, ' +
  'sentry-trace, baggage, X-CSRFToken, Idempotency-Key, If-Match';

/** Whether a browser page of this origin may call us: our own, or one that was named. Compared whole, never by suffix. */
export function isAllowedOrigin({ publicUrl, allowedOrigins }: Pick<Services, 'publicUrl' | 'allowedOrigins'>, origin: string): boolean {
  return origin === new URL(publicUrl).origin || allowedOrigins.includes(origin);
}

/** REST contract 1.4. A browser page of another origin gets no permission to read. What a path can be asked with is said by `dispatch`. */
export function allowOrigins(services: Pick<Services, 'publicUrl' | 'allowedOrigins'>): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers;
    response.setHeader('Vary', 'Origin');
    if (origin === undefined) response.setHeader('Access-Control-Allow-Origin', '*');
    else if (isAllowedOrigin(services, origin)) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      // With its session, where the browser sends one there: a page on a sibling domain.
      response.setHeader('Access-Control-Allow-Credentials', 'true');
    }
    exposeHeaders(response);
    next();
  };
}

/** What a browser's page may read of this answer: what Sentry's contract names, to the letter, and ours where there is one (rule W7). */
export function exposeHeaders(response: Response): void {
  const isOfWrite = response.hasHeader('X-Org-Revision');
  response.setHeader('Access-Control-Expose-Headers', isOfWrite ? `${exposedHeaders}, X-Org-Revision` : exposedHeaders);
}

/** Before any authentication: a browser asks without. */
export function answerOptions(response: Response): void {
  response.setHeader('Access-Control-Allow-Headers', allowedHeaders);
  response.setHeader('Access-Control-Max-Age', '3600');
  response.status(200).end();
}
