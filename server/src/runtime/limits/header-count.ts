import type { IncomingMessage } from 'node:http';

/**
 * Header fields of a request. A browser sends some twenty, and each proxy adds a few. Other servers
 * and proxies accept 100.
 */
const headersMax = 200;

/**
 * The header fields that Node reads. Its newer versions refuse a request with more as one whose
 * header is too large. Older ones leave out all further fields and report no error. The last ones
 * may be those of a proxy, such as `X-Forwarded-For`, so the request must be refused.
 */
export const headersRead = headersMax + 1;

export function hasTooManyHeaders({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  // Names and values alternate.
  return rawHeaders.length > 2 * headersMax;
}

/** One text for both, because newer versions of Node have one error for both. */
export const headersTooLarge = [431, `Request header fields are too large, or there are more than ${headersMax}.`] as const;
