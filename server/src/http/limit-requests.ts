import type { Request, RequestHandler, Response } from 'express';
import { networkOf } from '../identity/attempt-limits.ts';
import { readBearerToken } from '../identity/authorization-header.ts';
import { type RateLimits, refusedCredentialCost, type Standing } from '../identity/rate-limits.ts';
import { hashToken } from '../runtime/hash-token.ts';
import { addressOf } from './caller-address.ts';
import type { Services } from './services.ts';

type Limiting = Pick<Services, 'rateLimits' | 'sessionCookie'>;

/**
 * Counts each request for its address, and for the token or session it shows. Both at once and before either is looked
 * up, which takes one round to Redis and leaves nobody free to have the database look for guesses. OPTIONS has a count of its
 * own: without its answer a browser could not read that other requests are limited.
 */
export function limitRequests({ rateLimits, sessionCookie }: Limiting): RequestHandler {
  return async (request, response, next) => {
    const address = networkKeyOf(request);
    if (request.method === 'OPTIONS') {
      rateLimits.assertWithin(await rateLimits.count('requestsPerAddress', `options:${address}`));
      return next();
    }
    const credential = credentialKeyOf(request, sessionCookie);
    if (credential === null) countLargeResponse(rateLimits, address, response);
    const concurrentRemaining = beginRequest(rateLimits, credential ?? address, response);
    const standings = await Promise.all([
      rateLimits.count('requestsPerAddress', address),
      ...(credential === null ? [] : [rateLimits.count('requestsPerCredential', credential)]),
    ]);
    response.setHeader('X-Sentry-Rate-Limit-ConcurrentLimit', rateLimits.settings.concurrentRequests);
    response.setHeader('X-Sentry-Rate-Limit-ConcurrentRemaining', Math.max(0, concurrentRemaining));
    assertWithin(rateLimits, response, narrowestOf(standings));
    if (concurrentRemaining < 0) rateLimits.refuseConcurrent();
    next();
  };
}

/** The headers speak of this limit from now on. @throws OrgError `rate-limited` */
export function assertWithin(rateLimits: RateLimits, response: Response, standing: Standing): void {
  response.setHeader('X-Sentry-Rate-Limit-Limit', standing.max);
  response.setHeader('X-Sentry-Rate-Limit-Remaining', standing.remaining);
  response.setHeader('X-Sentry-Rate-Limit-Reset', Math.ceil((Date.now() + standing.resetMs) / 1_000));
  rateLimits.assertWithin(standing);
}

/** A credential that was refused counts for many requests, so that guessing is slow. */
export function countRefusedCredential(rateLimits: RateLimits, request: Request): Promise<Standing> {
  return rateLimits.count('requestsPerAddress', networkKeyOf(request), refusedCredentialCost);
}

/** Bytes of a response that count as one request. */
const bytesPerRequest = 16 * 1024;

/** A large response without a credential counts for many requests, so that its address cannot have the server send without end. */
function countLargeResponse(rateLimits: RateLimits, address: string, response: Response): void {
  // By `on`, as in `beginRequest`.
  response.on('close', () => {
    const cost = Math.floor(Number(response.getHeader('Content-Length') ?? 0) / bytesPerRequest);
    if (cost > 0 && response.req.method !== 'HEAD') void rateLimits.count('requestsPerAddress', address, cost);
  });
}

function beginRequest(rateLimits: RateLimits, key: string, response: Response): number {
  // It comes once. `once` would have node make an object for it like those of connections that stay, which V8 keeps with them (docs/adr/0029).
  response.on('close', () => rateLimits.leave(key));
  return rateLimits.enter(key);
}

/** Of several limits callers learn of the one that ends first. */
function narrowestOf(standings: readonly Standing[]): Standing {
  return standings.reduce((narrowest, standing) => {
    if (narrowest.isOver !== standing.isOver) return narrowest.isOver ? narrowest : standing;
    return standing.remaining < narrowest.remaining ? standing : narrowest;
  });
}

export function networkKeyOf(request: Request): string {
  return networkOf(addressOf(request) ?? '');
}

/** Null without a credential. Never the credential itself: counts are kept outside of this process. */
function credentialKeyOf({ headers }: Request, sessionCookie: Limiting['sessionCookie']): string | null {
  const token = tokenOf(headers.authorization) ?? sessionCookie.read(headers.cookie);
  return token === null ? null : hashToken(token);
}

/** A header that is refused later, for its form, is no credential. */
function tokenOf(authorization: string | undefined): string | null {
  try {
    return readBearerToken(authorization);
  } catch {
    return null;
  }
}
