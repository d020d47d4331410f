import { expandScopes, type Scope, scopes } from '@rollcall/protocol';
import type { JWTPayload } from 'jose';
import { RefusedTokenError } from '../identity.ts';
import { recentLoginHours } from '../sessions.ts';

/** The operator's rules for tokens of a trusted issuer, besides who signed them and for whom. */
export interface TokenRules {
  /** The media type that the header `typ` must name. Null for any but that of ID tokens. */
  readonly type: string | 'any' | null;
  /** The claim with the scopes of the token. Null if a token has all rights of its user. */
  readonly scopesClaim: string | null;
  /** The values of `acr` of logins with a second factor. Empty if the account alone decides. */
  readonly secondFactorAcr: readonly string[];
  /** Whether what needs a recent login in a session needs a recent `auth_time` in a token. */
  readonly needsAuthTime: boolean;
  /** The longest time after `iat` for which a token is accepted. Null if `exp` alone decides. */
  readonly ageSecondsMax: number | null;
}

export const defaultTokenRules: TokenRules = {
  type: null,
  scopesClaim: null,
  secondFactorAcr: [],
  needsAuthTime: false,
  ageSecondsMax: null,
};

/** The facts of an accepted token that limit what its bearer may do. */
export interface TokenLimits {
  /** Expanded. Null for all scopes of the user's roles. */
  readonly scopes: ReadonlySet<Scope> | null;
  readonly lacksSecondFactor: boolean;
  readonly hasRecentLogin: boolean;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
}

/** The tolerated difference between the clocks of the server and the issuer. */
export const clockToleranceSeconds = 5;

/** The type of access tokens (RFC 9068). No ID token has it. */
const accessTokenType = 'at+jwt';
/** The claims that OpenID Connect defines for ID tokens (Core 1.0, 2 and 3.3.2.11). */
const idTokenClaims = ['nonce', 'at_hash', 'c_hash'] as const;

/** A media type in lower case, without `application/`, which is optional (RFC 7515, 4.1.9). */
export function normalizeType(type: string): string {
  return type.toLowerCase().replace(/^application\//, '');
}

/**
 * Applies the rules to a token whose signature, `iss`, `aud` and `exp` are verified.
 * @param typ of the header
 * @param now milliseconds since 1970
 * @throws RefusedTokenError
 */
export function applyTokenRules(rules: TokenRules, typ: unknown, payload: JWTPayload, now: number): TokenLimits {
  assertType(rules.type, typ, payload);
  return {
    scopes: readScopes(rules.scopesClaim, payload),
    lacksSecondFactor: rules.secondFactorAcr.length > 0 && !rules.secondFactorAcr.some((acr) => acr === payload.acr),
    hasRecentLogin: !rules.needsAuthTime || isRecent(payload.auth_time, now),
    endsAt: readEnd(rules.ageSecondsMax, payload, now),
  };
}

/**
 * An ID token states to a client who logged in. It has the client as its audience, which may be
 * this server's audience too, and is sent through browsers, so it must not give access.
 */
function assertType(accepted: TokenRules['type'], typ: unknown, payload: JWTPayload): void {
  if (accepted === 'any') return;
  const type = typeof typ === 'string' ? normalizeType(typ) : null;
  if (accepted !== null && type !== accepted) throw new RefusedTokenError('The type of the token is not accepted.');
  if (type === accessTokenType) return;
  const found = idTokenClaims.find((claim) => Object.hasOwn(payload, claim));
  if (found !== undefined) throw new RefusedTokenError(`The claim ${found} is that of an ID token. Send an access token.`);
}

const knownScopes: ReadonlySet<string> = new Set(scopes);

/**
 * The scopes that the claim names, in a text with spaces (RFC 8693, 4.2) or a list. Other names are
 * meant for other servers, or for a later version, so they give no rights.
 */
function readScopes(claim: string | null, payload: JWTPayload): ReadonlySet<Scope> | null {
  if (claim === null) return null;
  const value = Object.hasOwn(payload, claim) ? payload[claim] : undefined;
  if (value === undefined) throw new RefusedTokenError(`The claim ${claim} is missing.`);
  const names: unknown = typeof value === 'string' ? value.split(' ') : value;
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string'))
    throw new RefusedTokenError(`The claim ${claim} is not a list of scopes.`);
  return expandScopes(names.filter((name): name is Scope => knownScopes.has(name)));
}

function isRecent(authTime: unknown, now: number): boolean {
  if (typeof authTime !== 'number') return false;
  const ageSeconds = now / 1_000 - authTime;
  return ageSeconds < recentLoginHours * 3_600 && ageSeconds >= -clockToleranceSeconds;
}

function readEnd(ageSecondsMax: number | null, { exp, iat }: JWTPayload, now: number): number {
  const expiresAt = exp! * 1_000;
  if (ageSecondsMax === null) return expiresAt;
  if (typeof iat !== 'number') throw new RefusedTokenError('The claim iat is missing.');
  const toleranceMs = clockToleranceSeconds * 1_000;
  if (iat * 1_000 > now + toleranceMs) throw new RefusedTokenError('The claim iat is in the future.');
  const endsAt = (iat + ageSecondsMax) * 1_000;
  if (endsAt + toleranceMs <= now) throw new RefusedTokenError('The claim iat is too long ago.', { isExpired: true });
  return Math.min(expiresAt, endsAt);
}
