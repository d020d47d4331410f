import type { IncomingMessage } from 'node:http';
import { transferLimits } from './rows/transfers.ts';

/**
 * The header fields that Node reads. Its newer versions refuse a request with more as one whose
 * header is too large. Older ones leave out all further fields and report no error. The last ones
 * may be those of a proxy, such as `X-Forwarded-For`, so the request must be refused.
 */
export const headersRead = transferLimits.headers.value + 1;

export function hasTooManyHeaders({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  // Names and values alternate.
  return rawHeaders.length > 2 * transferLimits.headers.value;
}

/** One text for both, because newer versions of Node have one error for both. */
export const headersTooLarge = [
  431,
  `Request header fields are too large, or there are more than ${transferLimits.headers.value}.`,
] as const;
