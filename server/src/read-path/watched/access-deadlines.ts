import type { LogEntry, OrgState } from '@rollcall/protocol';
import { loginEndOf } from '../../domain/caller-access.ts';
import { type Clock, runAt } from '../../runtime/clock.ts';
import type { Subscription } from '../subscriptions/subscription.ts';

/**
 * Read path: evaluates the access of a session's subscriptions again at the times when it may end
 * by itself.
 */
export class AccessDeadlines {
  readonly #clock: Clock;
  /** Cancel the timers of all subscriptions that have one. */
  readonly #timers = new WeakMap<Subscription, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Replaces the timer of a subscription. `evaluate` ends the subscription if its access ended. */
  watch(subscription: Subscription, state: OrgState, evaluate: () => void): void {
    this.cancel(subscription);
    const now = this.#clock.wallTime();
    const ends = endsOf(subscription, state).filter((end) => end > now);
    if (ends.length === 0) return;
    this.#timers.set(subscription, runAt(this.#clock, Math.min(...ends), evaluate));
  }

  cancel(subscription: Subscription): void {
    this.#timers.get(subscription)?.();
    this.#timers.delete(subscription);
  }
}

/** Whether an entry moves the deadlines of the organization's sessions. */
export function movesDeadlines({ changes }: LogEntry): boolean {
  return changes.some(
    ({ kind, before, after }) => kind === 'organization' && (before?.sessionHours ?? null) !== (after?.sessionHours ?? null),
  );
}

/** In milliseconds since 1970. */
function endsOf({ viewer, orgId }: Subscription, state: OrgState): number[] {
  const binding = viewer.bindings?.get(orgId);
  const loginEnd = loginEndOf(state, viewer);
  return [...(binding ? [Date.parse(binding.expiresAt)] : []), ...(loginEnd === null ? [] : [loginEnd])];
}
