import type { Request, RequestHandler } from 'express';
import { bytesOwnerOf } from '../../../http/limits/buffered-bytes.ts';
import { assertUncompressed, readRaw } from '../../../http/requests/request-body.ts';
import { integrationLimits } from '../limits.ts';
import type { IntegrationServices } from '../services.ts';

/**
 * Reads the bytes, because a signature covers them. Until the signature is verified they are those
 * of an anonymous caller, and count towards the memory of its address.
 */
export function rawBody({ buffered }: IntegrationServices): RequestHandler {
  return async (request, response, next) => {
    assertUncompressed(request);
    request.body = await readRaw(request, response, {
      bytesMax: integrationLimits.calledBytes.value,
      buffered,
      owner: bytesOwnerOf(request),
    });
    next();
  };
}

/** The bytes that `rawBody` read. */
export function bytesOf({ body }: Request): Buffer {
  return body as Buffer;
}
