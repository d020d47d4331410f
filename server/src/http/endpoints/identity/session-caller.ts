import type { Caller } from '../../../identity/caller.ts';
import type { AccountOwner } from '../../../write-path/users/user-transaction.ts';

interface SessionOwner {
  readonly userId: string;
  readonly sessionId: string;
  /** The organizations of a session that began with single sign-on. Null for any other session. */
  readonly boundOrgIds: ReadonlySet<string> | null;
}

/** Returns the user and the session of a caller, on routes for sessions only. */
export function sessionOf({ actor, credentialId }: Caller): SessionOwner {
  if (actor.kind !== 'user') throw new Error('A session always has a user.');
  return { userId: actor.userId, sessionId: credentialId, boundOrgIds: actor.boundOrgIds };
}

/**
 * Returns the account that a request changes, on routes for sessions only. The session must still
 * exist when the change is made.
 */
export function ownerOf(caller: Caller): AccountOwner {
  const { userId, sessionId } = sessionOf(caller);
  return { userId, credential: { kind: 'session', id: sessionId } };
}
