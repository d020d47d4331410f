import { randomBytes } from 'node:crypto';
import { digestSecret, encryptSecret } from './secrets-at-rest.ts';

export const authenticatorTypes = ['totp', 'recovery'] as const;
export type AuthenticatorType = (typeof authenticatorTypes)[number];

/** What the user is shown once, and what is kept. */
export interface MintedAuthenticator {
  readonly shown: { readonly secret: string } | { readonly codes: readonly string[] };
  readonly kept: string;
}

/** RFC 4226 recommends a shared secret of 160 bits. */
const totpSecretBytes = 20;
const recoveryCodeCount = 10;
/** 64 bits each: far beyond guessing at a login that is limited. */
const recoveryCodeBytes = 8;

export function mintAuthenticator(type: AuthenticatorType, userId: string, secret: string): MintedAuthenticator {
  return type === 'totp' ? mintTotp(userId, secret) : mintRecoveryCodes(userId, secret);
}

/** The shared secret as authenticator apps take it (base32). Kept encrypted, since codes are computed from it. */
function mintTotp(userId: string, secret: string): MintedAuthenticator {
  const shared = encodeBase32(randomBytes(totpSecretBytes));
  return { shown: { secret: shared }, kept: encryptSecret(secret, `totp ${userId}`, shared) };
}

function mintRecoveryCodes(userId: string, secret: string): MintedAuthenticator {
  const codes = Array.from({ length: recoveryCodeCount }, () => randomBytes(recoveryCodeBytes).toString('hex'));
  return { shown: { codes }, kept: JSON.stringify(codes.map((code) => digestSecret(secret, `recovery ${userId}`, code))) };
}

const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 section 6, without padding: apps don't expect any. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let heldBits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    heldBits += 8;
    while (heldBits >= 5) {
      heldBits -= 5;
      text += base32Alphabet[(held >>> heldBits) & 31];
    }
    held &= (1 << heldBits) - 1;
  }
  return heldBits > 0 ? text + base32Alphabet[(held << (5 - heldBits)) & 31] : text;
}
