import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';

/**
 * A text that is the same for everyone. Bytes, because encoding a megabyte of text at each request
 * would delay all other callers.
 */
export interface TaggedText {
  readonly bytes: Buffer;
  readonly tag: string;
}

export function withTag(text: string): TaggedText {
  return { bytes: Buffer.from(text), tag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` };
}

/**
 * The next start may bring another version, so caches revalidate each time; an unchanged text gets
 * 304.
 */
const caching = 'public, max-age=0, must-revalidate';

/** Sets the headers for caches. Returns true if it sent 304, because the client has the text. */
export function sendUnchanged(request: Request, response: Response, { tag }: TaggedText): boolean {
  response.set({ 'Cache-Control': caching, ETag: tag });
  if (!request.fresh) return false;
  response.status(304).end();
  return true;
}
