import { createHash, timingSafeEqual } from 'node:crypto';
import { readBearerToken } from './authorization-header.ts';

/** Whether an `Authorization` header is the operator's. Digests are compared, so that neither content nor length shows in the time. */
export function isOperator(authorization: string | undefined, operatorToken: string): boolean {
  const token = readBearerToken(authorization);
  return token !== null && timingSafeEqual(digest(token), digest(operatorToken));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
