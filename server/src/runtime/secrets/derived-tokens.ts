import { createHmac, timingSafeEqual } from 'node:crypto';
import { deriveKey } from './derive-key.ts';
import { hashToken } from './hash-token.ts';
import { randomHex } from './random.ts';

/**
 * Tokens in mails. They are derived from SECRET, so that a lost mail can be written again with the
 * same token. The database holds only a nonce and a hash, so nothing in it can be used as a token.
 * That includes the mail queue.
 */

/** The purpose of a token. A token for one purpose is invalid for another. */
export type TokenPurpose = 'invite' | 'password-reset' | 'verification' | 'removal' | 'erased-name';

/**
 * Returns 256 bits as 64 hexadecimal digits, always the same for the same purpose, row and nonce.
 * @param id the row that the token belongs to; the same nonce in another row gives another token
 */
export type DeriveToken = (purpose: TokenPurpose, id: string, nonce: string) => string;

export function tokenDeriver(secret: string): DeriveToken {
  return (purpose, id, nonce) =>
    createHmac('sha256', deriveKey(secret, `${purpose} token`))
      .update(`${id}:${nonce}`)
      .digest('hex');
}

/** Returns 128 random bits. A new nonce for a row invalidates the row's previous token. */
export function randomNonce(): string {
  return randomHex(16);
}

/**
 * Compares in constant time (case S-10).
 * @param hash null if the row has no token; then no token matches
 */
export function isTokenOf(hash: string | null, token: string): boolean {
  const kept = Buffer.from(hash ?? '', 'hex');
  const given = Buffer.from(hashToken(token), 'hex');
  return kept.length === given.length && timingSafeEqual(kept, given);
}
