import type { Request, RequestHandler } from 'express';
import { ResourceGuard } from '../../server/src/http/connections/resource-guard.ts';
import { bytesOwnerOf } from '../../server/src/http/limits/buffered-bytes.ts';
import { readJson } from '../../server/src/http/requests/request-body.ts';
import type { Limits } from '../../server/src/runtime/limits/limits.ts';
import { Counters } from '../../server/src/runtime/metrics/counters.ts';
import { limitsWith } from './limits.ts';

export const aResourceGuard = (own: Partial<Limits> = {}) => new ResourceGuard(limitsWith(own), new Counters());

/** Reads a JSON body into `request.body`. */
export function readsJson({ buffered }: Pick<ResourceGuard, 'buffered'>, bytesMax: number): RequestHandler {
  return async (request: Request, response, next) => {
    request.body = (await readJson(request, response, { bytesMax, buffered, owner: bytesOwnerOf(request) })).value;
    next();
  };
}
