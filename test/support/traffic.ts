import type { Request, RequestHandler } from 'express';
import { bytesOwnerOf } from '../../server/src/http/buffered-bytes.ts';
import { readJson } from '../../server/src/http/request-body.ts';
import { Traffic } from '../../server/src/http/traffic.ts';
import { Counters } from '../../server/src/runtime/counters.ts';
import { type LimitName, type Limits, limitTable } from '../../server/src/runtime/limits.ts';

/** The limits as they are without settings, but for those given. */
export function limitsWith(own: Partial<Limits> = {}): Limits {
  const defaults = Object.fromEntries(Object.entries(limitTable).map(([name, limit]) => [name, limit.default]));
  return { ...(defaults as Record<LimitName, number>), ...own };
}

export const aTraffic = (own: Partial<Limits> = {}) => new Traffic(limitsWith(own), new Counters());

/** Reads a JSON body into `request.body`. */
export function readsJson({ buffered }: Pick<Traffic, 'buffered'>, bytesMax: number): RequestHandler {
  return async (request: Request, response, next) => {
    request.body = (await readJson(request, response, { bytesMax, buffered, owner: bytesOwnerOf(request) })).value;
    next();
  };
}
