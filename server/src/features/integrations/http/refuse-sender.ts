import type { Request, Response } from 'express';
import { countAnonymousGuess } from '../../../http/limits/limit-requests.ts';
import type { IntegrationServices } from '../services.ts';

/**
 * Refuses a call that its provider has not signed, and counts it like a guess: to find that out
 * costs a hash of up to 1 MiB, or two lookups.
 */
export function refuseSender(request: Request, response: Response, { rateLimits }: Pick<IntegrationServices, 'rateLimits'>): void {
  void countAnonymousGuess(rateLimits, request);
  response.status(401).end();
}
