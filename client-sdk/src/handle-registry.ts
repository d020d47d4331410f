import { type OrganizationHandle, otherCollections } from './organization-handle.ts';
import type { Subscription } from './subscription.ts';

/**
 * The number of stale replicas that one ping reports, because a message has 16 KiB at most. The
 * server counts them for its operator only.
 */
const staleReportedMax = 500;

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
    const named = this.#byName.get(orgId)?.subscription;
    if (named && named.orgId === orgId && !named.ending) return named;
    return [...this.subscriptions()].find((subscription) => subscription.orgId === orgId);
  }

  /**
   * The subscriptions of the organization that a frame names. All of them if it names none, since
   * it may belong to any of them.
   */
  *subscriptionsOf(payload: unknown): Generator<Subscription> {
    const org = (payload as { org?: unknown } | null)?.org;
    const named = typeof org === 'string' ? this.#byName.get(org)?.subscription : undefined;
    // A client with thousands of organizations names them by their ids.
    if (named?.orgId === org && named) yield named;
    else for (const subscription of this.subscriptions()) if (typeof org !== 'string' || subscription.orgId === org) yield subscription;
  }

  /** The number of records in all replicas. */
  recordCount(): number {
    let count = 0;
    for (const { checksum } of this.subscriptions()) count += checksum.count;
    return count;
  }

  /** The ages of replicas that are older than their lease, for the server's metrics. */
  staleMs(): Record<string, number> {
    const ages: [orgId: string, staleMs: number][] = [];
    for (const { orgId, staleMs } of this.subscriptions()) {
      if (ages.length === staleReportedMax) break;
      if (orgId !== null && staleMs !== null) ages.push([orgId, staleMs]);
    }
    return Object.fromEntries(ages);
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
