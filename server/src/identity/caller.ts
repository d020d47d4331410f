import type { Actor, UsedCredential } from '../domain/actor.ts';

/** Who a credential stands for, as REST and the socket handshake both learn it. */
export interface Caller {
  readonly actor: Extract<Actor, { kind: 'user' | 'org-token' }>;
  /** The token's or the session's id: ending it ends what it opened. */
  readonly credentialId: string;
  /** ISO 8601, or null for a credential without an end. */
  readonly expiresAt: string | null;
  /** Null for a token. */
  readonly session: SessionFacts | null;
}

export interface SessionFacts {
  readonly username: string;
  /** Whether its user proved lately who they are (REST contract 16, `sudo-required`). */
  readonly isRecentLogin: boolean;
}

/** What a new credential is made by; null for a token of another issuer, which is kept nowhere here. */
export function usedCredentialOf({ actor, credentialId, session }: Caller): UsedCredential | null {
  if (session) return { kind: 'session', id: credentialId };
  return actor.tokenScopes === null ? null : { kind: 'token', id: credentialId };
}

/** Who a caller's requests and bytes count for, however many tokens they have. */
export function whoseIs({ actor }: Caller): string {
  return actor.kind === 'user' ? `user:${actor.userId}` : `organization:${actor.orgId}`;
}
