import { type OrganizationHandle, otherCollections } from './organization-handle.ts';
import type { Subscription } from './subscription.ts';

/**
 * The handles of one client by name, and their subscriptions. Each organization has one
 * subscription once its id is known.
 */
export class HandleRegistry {
  readonly #byName = new Map<string, OrganizationHandle>();

  get(name: string): OrganizationHandle | undefined {
    return this.#byName.get(name);
  }

  add(name: string, handle: OrganizationHandle): void {
    this.#byName.set(name, handle);
  }

  clear(): void {
    this.#byName.clear();
  }

  /** Yields each subscription once, even if several handles share it. */
  *subscriptions(): Generator<Subscription> {
    const seen = new Set<Subscription>();
    for (const [name, { subscription }] of [...this.#byName]) {
      if (subscription.ending) this.#byName.delete(name);
      else if (!seen.has(subscription)) yield subscription;
      seen.add(subscription);
    }
  }

  subscriptionOf(orgId: string): Subscription | undefined {
    return [...this.subscriptions()].find((subscription) => subscription.orgId === orgId);
  }

  /**
   * Whether a subscription other than `subscription` belongs to this organization, or may turn out
   * to.
   */
  hasAnother(subscription: Subscription, orgId: string): boolean {
    return [...this.subscriptions()].some((other) => other !== subscription && (other.key === orgId || other.key === subscription.name));
  }

  /**
   * Moves all handles of the organization to `shared`. Ends those that can't share it because they
   * want other collections.
   */
  gather(shared: Subscription): void {
    for (const handle of [...this.#byName.values()]) {
      const { subscription } = handle;
      if (subscription === shared || subscription.ending || subscription.key !== shared.orgId) continue;
      if (isSameSet(subscription.collections, shared.collections)) handle.share(shared);
      else handle.end(otherCollections);
    }
  }
}

export function isSameSet(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (!a || !b) return a === b;
  return a.length === b.length && a.every((item) => b.includes(item));
}
