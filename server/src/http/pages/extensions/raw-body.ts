import express from 'express';

const bytesMax = 1_024 * 1_024;

/** Reads the bytes, because a signature covers them. Compressed bodies are refused. */
export const rawBody = express.raw({ type: () => true, limit: bytesMax, inflate: false });

/** The bytes that `rawBody` read. A request without a body has none. */
export function bytesOf({ body }: { readonly body?: unknown }): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}
