import type { Actor, UsedCredential } from '../domain/actor.ts';

/** The caller that a credential authenticates, for REST and for the socket handshake. */
export interface Caller {
  readonly actor: Extract<Actor, { kind: 'user' | 'org-token' }>;
  /**
   * The id of the token or session. When the credential ends, everything that it opened ends too.
   */
  readonly credentialId: string;
  /** ISO 8601. Null if the credential does not expire. */
  readonly expiresAt: string | null;
  /** Null for a token. */
  readonly session: SessionFacts | null;
}

export interface SessionFacts {
  readonly username: string;
  /** Whether the user logged in recently (REST contract 16, `sudo-required`). */
  readonly isRecentLogin: boolean;
}

/**
 * The credential with which the caller creates another one. Null for a token of another issuer,
 * because this server does not store it.
 */
export function usedCredentialOf({ actor, credentialId, session }: Caller): UsedCredential | null {
  if (session) return { kind: 'session', id: credentialId };
  return actor.tokenScopes === null ? null : { kind: 'token', id: credentialId };
}

/** The owner of a caller's requests and bytes, regardless of the number of their tokens. */
export function ownerKeyOf({ actor }: Caller): string {
  return actor.kind === 'user' ? `user:${actor.userId}` : `organization:${actor.orgId}`;
}
