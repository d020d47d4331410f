import { hkdfSync } from 'node:crypto';

/**
 * A process has one SECRET and some ten purposes. Deriving a key takes longer than using it, and
 * each delivery to a webhook uses one.
 */
const derived = new Map<string, Buffer>();

/**
 * Derives one key per purpose from the server's SECRET. A text made with the key of one purpose is
 * invalid for another.
 */
export function deriveKey(secret: string, purpose: string): Buffer {
  const name = JSON.stringify([secret, purpose]);
  const known = derived.get(name);
  if (known) return known;
  const key = Buffer.from(hkdfSync('sha256', secret, '', `rollcall ${purpose}`, 32));
  derived.set(name, key);
  return key;
}
