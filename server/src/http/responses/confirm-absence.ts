import { OrgError } from '@rollcall/protocol';
import type { NextFunction, Request, Response } from 'express';
import type { Services } from '../services.ts';

/** Refusals because of something that the database does not contain. */
const absences: ReadonlySet<OrgError['code']> = new Set(['unauthenticated', 'forbidden', 'not-found']);

/**
 * Clients take these refusals as final. A database that is being restored, or that is another one,
 * doesn't prove them, so the response is 503 then.
 */
export function confirmAbsence({ confirmRefusal }: Services) {
  return (error: unknown, _request: Request, _response: Response, next: NextFunction): void => {
    const confirmed = error instanceof OrgError && absences.has(error.code) ? confirmRefusal() : Promise.resolve();
    confirmed.then(() => next(error), next);
  };
}
