import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { deriveKey } from './derive-key.ts';
import { isSameDigest, type KeyRing } from './key-ring.ts';

/**
 * Encrypts secrets that the server must read again, such as TOTP seeds. Access to the database
 * alone does not reveal them.
 *
 * The stored form is `<nonce, tag and ciphertext in base64url>=2-<key id>`. Version 1 had no key
 * id.
 * Instances of earlier releases read version 2 too, because Node's decoder stops at the `=`. A text
 * has no dots, because cookies join texts by them.
 */

const cipher = 'aes-256-gcm';
/** 96 bits, as NIST SP 800-38D recommends for GCM. */
const nonceBytes = 12;
const tagBytes = 16;

const storedPattern = /^([\w-]+)(?:=2-([0-9a-f]{16}))?$/;

/** The end of all texts that this key has encrypted. */
export function suffixOfKey(id: string): string {
  return `=2-${id}`;
}

/**
 * @param context the owner of the text, such as a user's id. A text that is moved to another row
 * cannot be decrypted.
 * @throws Error if this instance lacks the key in use
 */
export function encryptSecret(keys: KeyRing, context: string, text: string): string {
  if (keys.problem !== null) throw new Error(keys.problem);
  return encryptWith(keys.secret, keys.current, context, text);
}

/** As {@link encryptSecret}, with the key of a secret that may not be in use yet. */
export function encryptWith(secret: string, keyId: string, context: string, text: string): string {
  const nonce = randomBytes(nonceBytes);
  const encrypting = createCipheriv(cipher, deriveKey(secret, 'secrets at rest'), nonce).setAAD(Buffer.from(context));
  const encrypted = Buffer.concat([encrypting.update(text, 'utf8'), encrypting.final()]);
  return Buffer.concat([nonce, encrypting.getAuthTag(), encrypted]).toString('base64url') + suffixOfKey(keyId);
}

/** @throws Error if the key is missing, if the context differs, or if the text was changed */
export function decryptSecret(keys: KeyRing, context: string, stored: string): string {
  const [, text, keyId] = storedPattern.exec(stored) ?? [];
  if (text === undefined) throw new Error('The text is not an encrypted one.');
  if (keyId !== undefined) return decrypt(keys.secretOf(keyId), context, text);
  for (const secret of keys.secrets.slice(0, -1)) {
    try {
      return decrypt(secret, context, text);
    } catch {
      // Version 1 doesn't name its key. The other one may fit.
    }
  }
  return decrypt(keys.secrets.at(-1)!, context, text);
}

function decrypt(secret: string, context: string, text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  const nonce = bytes.subarray(0, nonceBytes);
  const decrypting = createDecipheriv(cipher, deriveKey(secret, 'secrets at rest'), nonce)
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decrypting.update(bytes.subarray(nonceBytes + tagBytes)), decrypting.final()]).toString('utf8');
}

/**
 * A keyed digest in hexadecimal, for secrets that are stored as this digest only. It stays the same
 * after a rotation of SECRET.
 */
export function digestSecret(keys: KeyRing, context: string, text: string): string {
  return digestWith(keys.lasting.digests, context, text);
}

/** A digest in hexadecimal that proves that this server made the text. It is not stored. */
export function signText(keys: KeyRing, context: string, text: string): string {
  const { secret } = keys;
  return digestWith(deriveKey(secret, 'digests at rest'), context, text);
}

/** Whether {@link signText} made the signature, with the key in use or with the other one. */
export function isSigned(keys: KeyRing, context: string, text: string, signature: string): boolean {
  return keys.secrets.some((secret) => isSameDigest(digestWith(deriveKey(secret, 'digests at rest'), context, text), signature));
}

function digestWith(key: Buffer, context: string, text: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([context, text]))
    .digest('hex');
}
