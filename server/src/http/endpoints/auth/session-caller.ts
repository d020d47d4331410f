import type { Caller } from '../../../identity/caller.ts';

/** On routes for sessions only: whose it is, and which. */
export function sessionOf({ actor, credentialId }: Caller): { readonly userId: string; readonly sessionId: string } {
  if (actor.kind !== 'user') throw new Error('A session is a user.');
  return { userId: actor.userId, sessionId: credentialId };
}
