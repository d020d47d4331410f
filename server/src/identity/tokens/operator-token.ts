import { createHash, timingSafeEqual } from 'node:crypto';
import { readBearerToken } from './authorization-header.ts';

/**
 * Whether an `Authorization` header contains the operator's token. Digests are compared, so that
 * the duration shows neither the content nor the length.
 */
export function isOperator(authorization: string | undefined, operatorToken: string): boolean {
  const token = readBearerToken(authorization);
  return token !== null && timingSafeEqual(digest(token), digest(operatorToken));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
