import { createHmac, timingSafeEqual } from 'node:crypto';
import { deriveKey } from './derive-key.ts';
import { hashToken } from './hash-token.ts';
import type { KeyRing } from './key-ring.ts';
import { randomHex } from './random.ts';

/**
 * Tokens in mails. They are derived from SECRET, so that a lost mail can be written again with the
 * same token. The database holds only a nonce and a hash, so nothing in it can be used as a token.
 * That includes the mail queue. The nonce names the key, so that a mail from before a rotation of
 * SECRET is sent with the token whose hash is stored.
 */

/** The purpose of a token. A token for one purpose is invalid for another. */
export type TokenPurpose = 'invite' | 'password-reset' | 'verification' | 'removal' | 'erased-name';

/**
 * Returns 256 bits as 64 hexadecimal digits, always the same for the same purpose, row and nonce.
 * @param id the row that the token belongs to; the same nonce in another row gives another token
 * @throws Error if the nonce was made with a SECRET that this server no longer has
 */
export type DeriveToken = (purpose: TokenPurpose, id: string, nonce: string) => string;

export interface TokenDeriver extends DeriveToken {
  /**
   * Returns 128 random bits, and the id of the key in use. A new nonce for a row invalidates the
   * row's previous token.
   * @throws Error if this instance lacks the key in use
   */
  newNonce(): string;
  /** Whether the token of a nonce can be derived again. */
  canDerive(nonce: string): boolean;
}

/** Nonces of earlier releases have no key id. */
const noncePattern = /^\w+-([0-9a-f]{16})$/;

export function tokenDeriver(keys: KeyRing): TokenDeriver {
  const keyIdOfNonce = (nonce: string) => noncePattern.exec(nonce)?.[1] ?? keys.first;
  const keyFor = (purpose: TokenPurpose, nonce: string) => {
    if (purpose === 'erased-name') return keys.lasting.erasedNames;
    const secret = keys.secretOf(keyIdOfNonce(nonce));
    return deriveKey(secret, `${purpose} token`);
  };
  const derive = (purpose: TokenPurpose, id: string, nonce: string) =>
    createHmac('sha256', keyFor(purpose, nonce)).update(`${id}:${nonce}`).digest('hex');
  return Object.assign(derive, {
    newNonce() {
      if (keys.problem !== null) throw new Error(keys.problem);
      return `${randomHex(16)}-${keys.current}`;
    },
    canDerive: (nonce: string) => keys.has(keyIdOfNonce(nonce)),
  });
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
