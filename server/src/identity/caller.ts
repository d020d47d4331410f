import type { Actor } from '../domain/actor.ts';

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
  /** Whether its user proved lately who they are (spec: 16, `sudo-required`). */
  readonly isRecentLogin: boolean;
}
