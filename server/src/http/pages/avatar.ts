import type { Response } from 'express';
import { findAvatar } from '../../read-path/queries/find-avatar.ts';
import type { Services } from '../services.ts';

/** Seconds. Another image has another address, so this one never changes; a day is for those that are taken away. */
const maxAgeSeconds = 86_400;

/**
 * An organization's image, for whoever knows its address: pages show it by a plain `<img>`, also those of other origins.
 * Opened by itself it can do nothing, whatever it holds.
 */
export async function sendAvatar({ db }: Services, uuid: string, response: Response): Promise<void> {
  const image = /^[0-9a-f]{32}$/.test(uuid) ? await findAvatar(db, uuid) : null;
  if (!image) {
    response.status(404).end();
    return;
  }
  response.set({
    'Content-Type': image.contentType,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cache-Control': `public, max-age=${maxAgeSeconds}, immutable`,
  });
  response.end(image.bytes);
}
