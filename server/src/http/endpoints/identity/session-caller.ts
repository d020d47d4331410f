import type { Caller } from '../../../identity/caller.ts';
import type { AccountOwner } from '../../../write-path/users/user-transaction.ts';

/** On routes for sessions only: whose it is, and which. */
export function sessionOf({ actor, credentialId }: Caller): { readonly userId: string; readonly sessionId: string } {
  if (actor.kind !== 'user') throw new Error('A session is a user.');
  return { userId: actor.userId, sessionId: credentialId };
}

/** On routes for sessions only: whose account is changed, as long as the session lasts. */
export function ownerOf(caller: Caller): AccountOwner {
  const { userId, sessionId } = sessionOf(caller);
  return { userId, credential: { kind: 'session', id: sessionId } };
}
