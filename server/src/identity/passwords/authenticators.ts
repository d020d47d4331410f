import { Secret } from 'otpauth';
import { contextOfTotp } from '../../database/identity/second-factor.ts';
import type { KeyRing } from '../../runtime/secrets/key-ring.ts';
import { decryptSecret, digestSecret, encryptSecret } from '../../runtime/secrets/secrets-at-rest.ts';
import { counterOf, totpOf } from './second-factors.ts';

export const authenticatorTypes = ['totp', 'recovery'] as const;
export type AuthenticatorType = (typeof authenticatorTypes)[number];

/** The part that the user sees once, and the part that is stored. */
export interface MintedAuthenticator {
  readonly shown: { readonly secret: string } | { readonly codes: readonly string[] };
  readonly storedSecret: string;
}

/** RFC 4226 recommends a shared secret of 160 bits. */
const totpSecretBytes = 20;
const recoveryCodeCount = 10;
/** 128 bits each, so that a stored digest can't be searched for, even with this server's key. */
const recoveryCodeBytes = 16;

export function mintAuthenticator(type: AuthenticatorType, userId: string, secret: KeyRing): MintedAuthenticator {
  return type === 'totp' ? mintTotp(userId, secret) : mintRecoveryCodes(userId, secret);
}

/**
 * The shared secret in base32, as authenticator apps take it. It is stored encrypted rather than
 * hashed, because codes are computed from it.
 */
function mintTotp(userId: string, secret: KeyRing): MintedAuthenticator {
  const shared = mintTotpSecret();
  return { shown: { secret: shared }, storedSecret: encryptTotp(userId, secret, shared) };
}

function mintTotpSecret(): string {
  return new Secret({ size: totpSecretBytes }).base32;
}

function encryptTotp(userId: string, secret: KeyRing, shared: string): string {
  return encryptSecret(secret, contextOfTotp(userId), shared);
}

function mintRecoveryCodes(userId: string, secret: KeyRing): MintedAuthenticator {
  const codes = Array.from({ length: recoveryCodeCount }, mintRecoveryCode);
  return { shown: { codes }, storedSecret: JSON.stringify(codes.map((code) => digestSecret(secret, `recovery ${userId}`, code))) };
}

/** Returns 26 characters of base32, which has no digits that resemble letters on paper. */
function mintRecoveryCode(): string {
  return new Secret({ size: recoveryCodeBytes }).base32.toLowerCase();
}

/**
 * The data for setting up an authenticator app. Nothing is stored until the user has entered a
 * code.
 */
export interface TotpSetup {
  readonly secret: string;
  /** The URI for authenticator apps: `otpauth://totp/…`. */
  readonly uri: string;
  /** Encrypted for this server. The client sends it back with the code. */
  readonly setup: string;
}

/** The time to finish a setup, enough to find a phone. */
const setupMsMax = 15 * 60 * 1_000;

/** @param named the entry's name in the app: this server's name, and the user's address */
export function beginTotp(userId: string, secret: KeyRing, named: { readonly issuer: string; readonly label: string }): TotpSetup {
  const shared = mintTotpSecret();
  const sealed = JSON.stringify({ shared, until: Date.now() + setupMsMax });
  return { secret: shared, uri: totpOf(shared, named).toString(), setup: encryptSecret(secret, `totp setup ${userId}`, sealed) };
}

/**
 * The stored form of an authenticator app whose code was entered. Null if the code is wrong, or if
 * the setup has expired.
 */
export function confirmTotp(
  userId: string,
  secret: KeyRing,
  setup: string,
  code: string,
): { storedSecret: string; lastCounter: number } | null {
  const sealed = readSetup(userId, secret, setup);
  if (!sealed || sealed.until < Date.now()) return null;
  const lastCounter = counterOf(sealed.shared, code);
  return lastCounter === null ? null : { storedSecret: encryptTotp(userId, secret, sealed.shared), lastCounter };
}

function readSetup(userId: string, secret: KeyRing, setup: string): { shared: string; until: number } | null {
  try {
    return JSON.parse(decryptSecret(secret, `totp setup ${userId}`, setup));
  } catch {
    // The text was encrypted for another user, was changed, or does not come from this server.
    return null;
  }
}
