import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { deriveKey } from './derive-key.ts';

/**
 * Encrypts secrets that the server must read again, such as TOTP seeds. Access to the database
 * alone does not reveal them.
 */

const cipher = 'aes-256-gcm';
/** 96 bits, as NIST SP 800-38D recommends for GCM. */
const nonceBytes = 12;
const tagBytes = 16;

/**
 * @param context the owner of the text, such as a user's id. A text that is moved to another row
 * cannot be decrypted.
 */
export function encryptSecret(secret: string, context: string, text: string): string {
  const nonce = randomBytes(nonceBytes);
  const encrypting = createCipheriv(cipher, deriveKey(secret, 'secrets at rest'), nonce).setAAD(Buffer.from(context));
  const encrypted = Buffer.concat([encrypting.update(text, 'utf8'), encrypting.final()]);
  return Buffer.concat([nonce, encrypting.getAuthTag(), encrypted]).toString('base64url');
}

/** @throws Error if the SECRET or the context differs, or if the text was changed */
export function decryptSecret(secret: string, context: string, kept: string): string {
  const bytes = Buffer.from(kept, 'base64url');
  const nonce = bytes.subarray(0, nonceBytes);
  const decrypting = createDecipheriv(cipher, deriveKey(secret, 'secrets at rest'), nonce)
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decrypting.update(bytes.subarray(nonceBytes + tagBytes)), decrypting.final()]).toString('utf8');
}

/** A keyed digest in hexadecimal, for secrets that are only compared. */
export function digestSecret(secret: string, context: string, text: string): string {
  return createHmac('sha256', deriveKey(secret, 'digests at rest'))
    .update(JSON.stringify([context, text]))
    .digest('hex');
}
