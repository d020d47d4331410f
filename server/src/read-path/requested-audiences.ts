import { OrgError } from '@rollcall/protocol';
import { changeCount } from '../runtime/change-count.ts';
import type { Subscription } from './subscription.ts';

/**
 * Audiences of one organization that exist because subscribers requested some of its collections.
 * Each change is projected and encoded for each of them. Without the limit, one person could make
 * thousands, by requesting different collections each time.
 */
const audiencesMax = 64;
/** The number of them that one owner may have. A program requests few different collections. */
const audiencesPerOwnerMax = 16;

/** Counts the subscriptions of one channel that requested collections, by audience. */
export class RequestedAudiences {
  /** The audience of a subscription changes with its rights. It counts for its first one. */
  readonly #counted = new Map<Subscription, string>();
  readonly #byAudience = new Map<string, number>();
  readonly #byOwner = new Map<string, Map<string, number>>();

  /**
   * Counts a subscription until it is removed. False if it would add an audience beyond the limits.
   */
  add(subscription: Subscription): boolean {
    const {
      owner,
      audience: { key },
    } = subscription;
    const ofOwner = this.#byOwner.get(owner) ?? new Map<string, number>();
    const isNew = !this.#byAudience.has(key);
    if (isNew && (this.#byAudience.size >= audiencesMax || ofOwner.size >= audiencesPerOwnerMax)) return false;
    this.#counted.set(subscription, key);
    this.#byOwner.set(owner, ofOwner);
    changeCount(ofOwner, key, 1);
    changeCount(this.#byAudience, key, 1);
    return true;
  }

  /** Does nothing for a subscription that requested no collections. */
  remove(subscription: Subscription): void {
    const key = this.#counted.get(subscription);
    if (key === undefined) return;
    this.#counted.delete(subscription);
    const { owner } = subscription;
    const ofOwner = this.#byOwner.get(owner)!;
    changeCount(ofOwner, key, -1);
    if (ofOwner.size === 0) this.#byOwner.delete(owner);
    changeCount(this.#byAudience, key, -1);
  }
}

export function tooManyAudiences(): OrgError {
  const message = 'Too many different collections of this organization are requested. Request all of them, or try again later.';
  return new OrgError('rate-limited', message, { retryAfterSeconds: 30 });
}
