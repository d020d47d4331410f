import type { Actor } from '../domain/actor.ts';

/** Who a credential stands for, as REST and the socket handshake both learn it. */
export interface Caller {
  readonly actor: Extract<Actor, { kind: 'user' | 'org-token' }>;
  /** The token's id: revoking it ends what it opened. */
  readonly credentialId: string;
  /** ISO 8601, or null for a credential without an end. */
  readonly expiresAt: string | null;
}
