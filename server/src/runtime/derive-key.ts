import { hkdfSync } from 'node:crypto';

/** One key a purpose, all from the server's SECRET, so that a text made for one is worth nothing for another. */
export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `rollcall ${purpose}`, 32));
}
