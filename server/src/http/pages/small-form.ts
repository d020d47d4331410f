import type { Request, RequestHandler } from 'express';
import { transferLimits } from '../../runtime/limits/rows/transfers.ts';
import { bytesOwnerOf } from '../limits/buffered-bytes.ts';
import { readForm } from '../requests/request-body.ts';
import type { Services } from '../services.ts';

/** Reads the form of a page that works without JavaScript. */
export function smallForm({ buffered }: Pick<Services, 'buffered'>): RequestHandler {
  return async (request, response, next) => {
    request.body = await readForm(request, response, { bytesMax: transferLimits.formBytes.value, buffered, owner: bytesOwnerOf(request) });
    next();
  };
}

/** A field of the form that `smallForm` read. Null if it is missing. */
export function fieldOf({ body }: Request, name: string): string | null {
  return (body as URLSearchParams).get(name);
}
