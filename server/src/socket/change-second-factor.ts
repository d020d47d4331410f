import type { Caller } from '../identity/caller.ts';
import type { Subscription } from '../read-path/subscriptions/subscription.ts';

/**
 * Updates a connection after its user has set up a second factor, or has none any more. The viewers
 * of its subscriptions share the fact with the caller. Returns the number of subscriptions that
 * end.
 */
export function changeSecondFactor({ actor }: Caller, subscriptions: ReadonlyMap<string, Subscription>, isMissing: boolean): number {
  if (actor.kind !== 'user' || !actor.secondFactor) return 0;
  actor.secondFactor.isMissing = isMissing;
  const before = subscriptions.size;
  if (isMissing) for (const subscription of [...subscriptions.values()]) subscription.evaluateAgain();
  return before - subscriptions.size;
}

/** Updates a connection of a session after its user has used a second factor in it. */
export function useSecondFactor({ actor }: Caller): void {
  if (actor.kind === 'user' && actor.secondFactor) actor.secondFactor.isUnused = false;
}
