import type { CallingActor, OrgTokenCredential, UsedCredential, UserCredential } from '../domain/actor.ts';

/** The identity that a credential proves, regardless of the request that contains it. */
export interface Authentication {
  readonly actor: UserCredential | OrgTokenCredential;
  /**
   * The id of the token or session. When the credential ends, everything that it opened ends too.
   */
  readonly credentialId: string;
  /** ISO 8601. Null if the credential does not expire. */
  readonly expiresAt: string | null;
  /** Null for a token. */
  readonly session: SessionFacts | null;
}

/** The caller of a request or a connection. */
export interface Caller extends Authentication {
  readonly actor: CallingActor;
}

/**
 * @param address as `addressOf` returns it
 * @param at milliseconds since 1970
 */
export function callerFrom(authentication: Authentication, address: string | null, at: number): Caller {
  return { ...authentication, actor: { ...authentication.actor, address, at } };
}

export interface SessionFacts {
  readonly username: string;
  /** Whether the user logged in recently (REST contract 16, `sudo-required`). */
  readonly isRecentLogin: boolean;
  /**
   * The organizations of a session that began with single sign-on whose provider authenticated the
   * user recently. Null for a session that began with a password.
   */
  readonly recentOrgIds: ReadonlySet<string> | null;
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
export function ownerKeyOf({ actor }: Authentication): string {
  return actor.kind === 'user' ? `user:${actor.userId}` : `organization:${actor.orgId}`;
}
