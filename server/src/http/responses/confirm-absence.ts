import { OrgError } from '@rollcall/protocol';
import type { NextFunction, Request, Response } from 'express';
import { credentialKeyOf } from '../limits/limit-requests.ts';
import type { Services } from '../services.ts';

/** Refusals because of something that the database does not contain. */
const absences: ReadonlySet<OrgError['code']> = new Set(['unauthenticated', 'forbidden', 'not-found']);

/**
 * Clients take these refusals as final. A database that is being restored, or that is another one,
 * doesn't prove them, so the response is 503 then. A request without a credential is refused
 * without a look at the database, which would cost the server more than its caller.
 */
export function confirmAbsence({ confirmRefusal, sessionCookie }: Services) {
  return (error: unknown, request: Request, _response: Response, next: NextFunction): void => {
    const isAbsence = error instanceof OrgError && absences.has(error.code);
    const confirmed = isAbsence && credentialKeyOf(request, sessionCookie) !== null ? confirmRefusal() : Promise.resolve();
    confirmed.then(() => next(error), next);
  };
}
