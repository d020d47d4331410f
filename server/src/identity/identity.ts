import { OrgError } from '@rollcall/protocol';
import type { Authentication } from './caller.ts';

/**
 * Authenticates Bearer tokens, for REST and for the socket handshake. This is the only place that
 * refuses a token that is unknown, revoked or expired, or whose user is disabled (REST contract 2).
 * Each call checks the token again: no verdict is cached.
 */
export interface Identity {
  /**
   * @throws OrgError `unauthenticated` with the contract's message, or `unavailable` if the token
   * cannot be checked now
   */
  authenticate(token: string): Promise<Authentication>;
}

/**
 * Accepts this server's own tokens, and those of a trusted issuer if there is one. Own tokens
 * contain no dot, and a JWT contains two.
 */
export function joinIdentities(own: Identity, jwt: Identity | null): Identity {
  return { authenticate: (token) => (jwt && token.split('.').length === 3 ? jwt : own).authenticate(token) };
}

/** The identity that a token proves, or the error that refuses the token. */
export type TokenVerdict = Authentication | OrgError;

/** An organization that the path of a request names. */
export interface NamedOrganization {
  readonly id: string;
  readonly slug: string;
}

export interface TokenInOrganization {
  readonly verdict: TokenVerdict;
  /** Null if there is no such organization, or no such token. */
  readonly org: NamedOrganization | null;
}

const expiredMessage = 'Token expired';

export function refuse(message: string): OrgError {
  return new OrgError('unauthenticated', message);
}

export function refuseExpired(): OrgError {
  return refuse(expiredMessage);
}

/** The refusal of a token of another issuer, with the reason for `WWW-Authenticate` (RFC 6750). */
export class RefusedTokenError extends OrgError {
  readonly reason: string;

  /** @param reason contains no value of the token */
  constructor(reason: string, { isExpired = false } = {}) {
    super('unauthenticated', isExpired ? expiredMessage : 'Invalid token');
    this.reason = reason;
  }
}

const disabledMessage = 'User inactive or deleted';

export function refuseDisabled(): OrgError {
  return refuse(disabledMessage);
}

/**
 * The refusal of a token of another issuer whose user does not exist yet. The products of its
 * issuer create users here a moment after they sign up, so the client tries again.
 */
export class UnknownUserError extends OrgError {
  static readonly reason = 'unknown-user';
  /** Short for a person who waits, and long enough that the attempts cost little. */
  static readonly retryAfterMs = [500, 2_000] as const;

  constructor() {
    const { reason, retryAfterMs } = UnknownUserError;
    super('unauthenticated', disabledMessage, { body: { detail: disabledMessage, reason, retryAfterMs } });
  }
}

/**
 * Whether the refused credential was valid once. The socket handshake has its own code for this.
 */
export function isExpiredCredential(error: unknown): boolean {
  return error instanceof OrgError && error.code === 'unauthenticated' && error.message === expiredMessage;
}
