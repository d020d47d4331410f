import type { Request, RequestHandler } from 'express';
import { findAvatar, hasAvatar } from '../../read-path/queries/organizations/find-avatar.ts';
import { limitResponseBytes } from '../limits/limit-requests.ts';
import type { Services } from '../services.ts';
import { ImagesByName } from './images-by-name.ts';

/** An image never changes at its address. A day limits how long caches serve a removed image. */
const maxAgeSeconds = 86_400;

/**
 * Serves an organization's image to any caller with its address, so that pages of other origins can
 * show it too. Its security policy makes it harmless if it is opened as a document. Since requests
 * need no login, an image is read from the database once for many requests.
 */
export function serveAvatars({ db, lookups, rateLimits }: Services): RequestHandler {
  const images = new ImagesByName((uuid) => findAvatar(db, uuid));
  return async (request: Request, response) => {
    const uuid = String(request.params.uuid);
    const isThere = /^[0-9a-f]{32}$/.test(uuid) && (await hasAvatar(lookups, uuid));
    const image = isThere ? await images.read(uuid) : null;
    if (!image) return void response.status(404).end();
    // Before a 304, whose headers replace those of the response that the browser has stored.
    response.set({
      ETag: `"${uuid}"`,
      'Cache-Control': `public, max-age=${maxAgeSeconds}, immutable`,
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
    if (request.fresh) return void response.status(304).end();
    await limitResponseBytes(rateLimits, request, response, image.bytes.length);
    response.set({
      'Content-Type': image.contentType,
      'Content-Length': String(image.bytes.length),
    });
    response.end(request.method === 'HEAD' ? undefined : image.bytes);
  };
}
