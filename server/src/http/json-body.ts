import { OrgError } from '@rollcall/protocol';
import express, { type RequestHandler } from 'express';
import { bodyDepthMax } from './http-limits.ts';

/** Parses JSON bodies, and refuses those of an absurd depth. */
export function readJsonBody(options: { limit: number }): RequestHandler[] {
  return [express.json({ ...options, strict: false }), refuseDeep];
}

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
