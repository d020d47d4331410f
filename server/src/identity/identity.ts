import { OrgError } from '@rollcall/protocol';
import type { Caller } from './caller.ts';

/**
 * Judges Bearer tokens, for REST and for the socket's handshake alike: the one place where a token that is unknown, revoked or
 * expired, or whose user is disabled, is refused (REST contract 2). Judged anew at each call: nothing is remembered of a verdict.
 */
export interface Identity {
  /**
   * @throws OrgError `unauthenticated`, worded as the contract has it; `unavailable` when it cannot be judged now
   */
  authenticate(token: string): Promise<Caller>;
}

/** Our own tokens, and those of a trusted issuer where there is one. None of ours has a dot; a JWT has two. */
export function joinIdentities(own: Identity, jwt: Identity | null): Identity {
  return { authenticate: (token) => (jwt && token.split('.').length === 3 ? jwt : own).authenticate(token) };
}

const expiredMessage = 'Token expired';

export function refuse(message: string): OrgError {
  return new OrgError('unauthenticated', message);
}

export function refuseExpired(): OrgError {
  return refuse(expiredMessage);
}

export function refuseDisabled(): OrgError {
  return refuse('User inactive or deleted');
}

/** Whether a refusal means that the credential was good once: the socket's handshake has a code of its own for it. */
export function isExpiredCredential(error: unknown): boolean {
  return error instanceof OrgError && error.code === 'unauthenticated' && error.message === expiredMessage;
}
