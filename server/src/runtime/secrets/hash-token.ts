import { hash } from 'node:crypto';

/**
 * The stored form of a token: the SHA-256 of the whole text in hexadecimal. Tokens are random, so a
 * slow hash would add no security.
 */
export function hashToken(token: string): string {
  return hash('sha256', token);
}
