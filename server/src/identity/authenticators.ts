import { randomBytes } from 'node:crypto';
import { Secret } from 'otpauth';
import { counterOf, totpOf } from './second-factors.ts';
import { decryptSecret, digestSecret, encryptSecret } from './secrets-at-rest.ts';

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
  const shared = mintTotpSecret();
  return { shown: { secret: shared }, kept: keepTotp(userId, secret, shared) };
}

function mintTotpSecret(): string {
  return new Secret({ size: totpSecretBytes }).base32;
}

function keepTotp(userId: string, secret: string, shared: string): string {
  return encryptSecret(secret, `totp ${userId}`, shared);
}

function mintRecoveryCodes(userId: string, secret: string): MintedAuthenticator {
  const codes = Array.from({ length: recoveryCodeCount }, () => randomBytes(recoveryCodeBytes).toString('hex'));
  return { shown: { codes }, kept: JSON.stringify(codes.map((code) => digestSecret(secret, `recovery ${userId}`, code))) };
}

/** What a user needs to set up an authenticator app. Nothing is kept until they have shown a code of it. */
export interface TotpSetup {
  readonly secret: string;
  /** For apps: `otpauth://totp/…`. */
  readonly uri: string;
  /** Ours to read again, theirs to send back. */
  readonly setup: string;
}

/** Time to find a telephone. */
const setupMsMax = 15 * 60 * 1_000;

/** @param named by which the app lists it: this server's name, and the user's address */
export function beginTotp(userId: string, secret: string, named: { readonly issuer: string; readonly label: string }): TotpSetup {
  const shared = mintTotpSecret();
  const sealed = JSON.stringify({ shared, until: Date.now() + setupMsMax });
  return { secret: shared, uri: totpOf(shared, named).toString(), setup: encryptSecret(secret, `totp setup ${userId}`, sealed) };
}

/** What is kept of an authenticator app whose code was shown; null when the code is wrong, or it took too long. */
export function confirmTotp(userId: string, secret: string, setup: string, code: string): { kept: string; lastCounter: number } | null {
  const sealed = readSetup(userId, secret, setup);
  if (!sealed || sealed.until < Date.now()) return null;
  const lastCounter = counterOf(sealed.shared, code);
  return lastCounter === null ? null : { kept: keepTotp(userId, secret, sealed.shared), lastCounter };
}

function readSetup(userId: string, secret: string, setup: string): { shared: string; until: number } | null {
  try {
    return JSON.parse(decryptSecret(secret, `totp setup ${userId}`, setup));
  } catch {
    // Somebody else's, changed, or never ours.
    return null;
  }
}
