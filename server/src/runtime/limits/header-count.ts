import type { IncomingMessage } from 'node:http';

/**
 * Header fields of a request. A browser sends some twenty, and each proxy adds a few. Other servers
 * and proxies accept 100.
 */
const headersMax = 200;

/**
 * The header fields that Node reads. It leaves out all further ones and reports no error. The last
 * ones may be those of a proxy, such as `X-Forwarded-For`, so the request must be refused.
 */
export const headersRead = headersMax + 1;

export function hasTooManyHeaders({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  // Names and values alternate.
  return rawHeaders.length > 2 * headersMax;
}

export const tooManyHeaders = [431, `A request may have at most ${headersMax} header fields.`] as const;
