import { createHmac, timingSafeEqual } from 'node:crypto';
import { deriveKey } from './derive-key.ts';
import { hashToken } from './hash-token.ts';
import { randomHex } from './random.ts';

/**
 * Tokens that a mail carries. They are derived from SECRET, so that a mail that was lost can be written again with the
 * same one, while the database holds a nonce and a hash: nothing there, the queue of mails included, can be used.
 */

/** What a token is good for. One made for a purpose is worth nothing for another. */
export type TokenPurpose = 'invite' | 'password-reset' | 'verification' | 'removal';

/**
 * 256 bits as 64 hexadecimal digits, always the same for the same purpose, row and nonce.
 * @param id of the row the token belongs to: with another row's nonce it is another token
 */
export type DeriveToken = (purpose: TokenPurpose, id: string, nonce: string) => string;

export function tokenDeriver(secret: string): DeriveToken {
  return (purpose, id, nonce) =>
    createHmac('sha256', deriveKey(secret, `${purpose} token`))
      .update(`${id}:${nonce}`)
      .digest('hex');
}

/** 128 bits: a new one for a row ends the token it had. */
export function randomNonce(): string {
  return randomHex(16);
}

/** Takes as long for any two texts (case S-10). @param hash null where the row has no token: then nothing fits */
export function isTokenOf(hash: string | null, token: string): boolean {
  const kept = Buffer.from(hash ?? '', 'hex');
  const given = Buffer.from(hashToken(token), 'hex');
  return kept.length === given.length && timingSafeEqual(kept, given);
}
