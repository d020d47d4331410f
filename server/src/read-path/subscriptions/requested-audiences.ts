import { OrgError } from '@rollcall/protocol';
import { socketLimits } from '../../runtime/limits/rows/sockets.ts';
import { changeCount } from '../../runtime/metrics/change-count.ts';
import type { Subscription } from './subscription.ts';

/**
 * The audiences of the counted subscriptions of all watched organizations. The audience of a
 * subscription changes with its rights. It counts for its first one.
 */
const countedAudiences = new WeakMap<Subscription, string>();

/** Counts the subscriptions of one watched organization that requested collections, by audience. */
export class RequestedAudiences {
  /** The number of subscriptions by owner, of each audience. */
  readonly #byAudience = new Map<string, Map<string, number>>();

  /**
   * Counts a subscription until it is removed. False if it would add an audience beyond the limits.
   */
  add(subscription: Subscription): boolean {
    const {
      owner,
      audience: { key },
    } = subscription;
    const known = this.#byAudience.get(key);
    if (!known && (this.#byAudience.size >= socketLimits.audiences.value || this.#countOf(owner) >= socketLimits.audiencesPerOwner.value))
      return false;
    const byOwner = known ?? new Map<string, number>();
    this.#byAudience.set(key, byOwner);
    changeCount(byOwner, owner, 1);
    countedAudiences.set(subscription, key);
    return true;
  }

  /** Does nothing for a subscription that requested no collections. */
  remove(subscription: Subscription): void {
    const key = countedAudiences.get(subscription);
    if (key === undefined) return;
    countedAudiences.delete(subscription);
    const byOwner = this.#byAudience.get(key)!;
    changeCount(byOwner, subscription.owner, -1);
    if (byOwner.size === 0) this.#byAudience.delete(key);
  }

  /** The number of audiences that an owner has. */
  #countOf(owner: string): number {
    return [...this.#byAudience.values()].filter((byOwner) => byOwner.has(owner)).length;
  }
}

export function tooManyAudiences(): OrgError {
  const message = 'Too many different collections of this organization are requested. Request all of them, or try again later.';
  return new OrgError('rate-limited', message, { retryAfterSeconds: 30 });
}
