import { hkdfSync } from 'node:crypto';

/**
 * Derives one key per purpose from the server's SECRET. A text made with the key of one purpose is
 * invalid for another.
 */
export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `rollcall ${purpose}`, 32));
}
