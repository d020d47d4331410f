import { randomBytes } from 'node:crypto';
import { hashToken } from '../../runtime/secrets/hash-token.ts';

/**
 * The texts of tokens, and the parts that are stored: the hash and the last four characters (REST
 * contract 10).
 */

export const orgTokenPrefix = 'sntrys_';
const userTokenPrefix = 'sntryu_';

/** 256 bits, as `sntryu_` and 64 hexadecimal digits (REST contract 10.2). */
export function mintUserToken(): string {
  return `${userTokenPrefix}${randomBytes(32).toString('hex')}`;
}

export const serviceTokenPrefix = 'rcsvc_';

/** 256 bits, as `rcsvc_` and 64 hexadecimal digits. */
export function mintServiceToken(): string {
  return `${serviceTokenPrefix}${randomBytes(32).toString('hex')}`;
}

const operatorTokenPrefix = 'rcop_';

/** 256 bits, as `rcop_` and 64 hexadecimal digits. */
export function mintOperatorToken(): string {
  return `${operatorTokenPrefix}${randomBytes(32).toString('hex')}`;
}

export function isOperatorToken(token: string): boolean {
  return /^rcop_[0-9a-f]{64}$/.test(token);
}

/** Whether this may be the token of a user or an organization. A JWT contains dots. */
export function isUserOrOrgToken(token: string): boolean {
  return !token.includes('.') && !token.startsWith(serviceTokenPrefix) && !token.startsWith(operatorTokenPrefix);
}

export interface OrgTokenOrigin {
  /** This server's base URL. Clients read it from the token. */
  readonly publicUrl: string;
  readonly orgSlug: string;
  /** Milliseconds since the epoch. */
  readonly issuedAtMs: number;
}

/**
 * `sntrys_`, the data that clients read without a request, `_`, and 256 random bits (REST contract
 * 10.1).
 */
export function mintOrgToken({ publicUrl, orgSlug, issuedAtMs }: OrgTokenOrigin): string {
  const facts = JSON.stringify({ iat: issuedAtMs / 1_000, url: publicUrl, region_url: publicUrl, org: orgSlug });
  const secret = randomBytes(32).toString('base64').replace(/=+$/, '');
  return `${orgTokenPrefix}${Buffer.from(facts).toString('base64')}_${secret}`;
}

export interface TokenDigest {
  readonly hash: string;
  readonly lastCharacters: string;
}

/** The stored parts of a token's text. */
export function digestToken(token: string): TokenDigest {
  return { hash: hashToken(token), lastCharacters: token.slice(-4) };
}
