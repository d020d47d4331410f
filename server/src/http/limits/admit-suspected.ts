import type { ServerResponse } from 'node:http';
import type { Request, RequestHandler } from 'express';
import { allowOrigins, type Origins } from '../responses/cors.ts';
import type { Services } from '../services.ts';
import { looksUpCredential, networkKeyOf } from './limit-requests.ts';

const ends = new WeakMap<ServerResponse, () => void>();

/**
 * Admits API requests of suspected addresses with a credential, a few at a time.
 * @param refuseOver checks the limits again, because others were counted while a request waited
 */
export function admitSuspected(services: Pick<Services, 'callerLimits'> & Origins, refuseOver: RequestHandler): RequestHandler {
  const { suspectedAddresses } = services.callerLimits;
  const allowOrigin = allowOrigins(services);
  return (request, response, next) => {
    if (!isAuthenticated(request)) return next();
    const network = networkKeyOf(request);
    if (!suspectedAddresses.has(network)) return next();
    // Lets the page of an allowed origin read a refusal.
    allowOrigin(request, response, () => {});
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const untilKnown = () =>
      new Promise<void>((resolve) => {
        ends.set(response, resolve);
        response.once('close', resolve);
        refuseOver(request, response, next);
      });
    suspectedAddresses.run(network, gone.signal, untilKnown).catch(next);
  };
}

/** Admits the next request: the credential of this one is known, or its response begins. */
export function admitNext(response: ServerResponse): void {
  ends.get(response)?.();
}

/** Whether a credential will be looked up. */
function isAuthenticated(request: Request): boolean {
  const { headers } = request;
  return looksUpCredential(request) && (headers.authorization !== undefined || headers.cookie !== undefined);
}
