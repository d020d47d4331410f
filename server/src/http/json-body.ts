import { OrgError } from '@rollcall/protocol';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { bodyDepthMax } from './http-limits.ts';

/** Parses JSON bodies, and refuses those of an absurd depth and those that never came. */
export function readJsonBody(options: { limit: number }): RequestHandler[] {
  return [express.json({ ...options, strict: false }), refuseUnread, refuseDeep];
}

/** The same for whoever decides on the way whether the body is worth reading. */
export function jsonBodyReader(options: { limit: number }): (request: Request, response: Response) => Promise<void> {
  const steps = readJsonBody(options);
  return async (request, response) => {
    for (const step of steps) {
      await new Promise<void>((resolve, reject) => {
        step(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
      });
    }
  };
}

/**
 * The parser passes a request on whose connection ended before it began to read, as one whose body was read before. Taken for empty
 * the body would mean something else, and its Idempotency-Key would keep that answer for those who try again.
 */
const refuseUnread: RequestHandler = (request, _response, next) => {
  if (request.body === undefined && request.is('application/json'))
    throw new OrgError('invalid', 'The connection ended before the body came.');
  next();
};

const refuseDeep: RequestHandler = (request, _response, next) => {
  if (isDeeperThan(bodyDepthMax, request.body)) throw new OrgError('invalid', `JSON parse error - more than ${bodyDepthMax} levels`);
  next();
};

function isDeeperThan(levels: number, body: unknown): boolean {
  let level = [body].filter(isContainer);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === levels) return true;
    level = level.flatMap((container) => Object.values(container)).filter(isContainer);
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
