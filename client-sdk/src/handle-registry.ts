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
  /** A client may have thousands of organizations, so each is found by its id. */
  readonly #byId = new Map<string, Subscription>();
  /** The number of records in all replicas. */
  #recordCount = 0;

  /**
   * Returns no handle that ended, unless it was refused lately. If the organization was renamed,
   * its old slug may belong to another one by now. The subscription stays known by its id.
   */
  get(name: string): OrganizationHandle | undefined {
    const handle = this.#byName.get(name);
    if (!handle) return undefined;
    const { ending, isLatelyRefused } = handle.subscription;
    if (ending ? isLatelyRefused : !handle.subscription.isRenamedFrom(name)) return handle;
    this.#byName.delete(name);
    return undefined;
  }

  add(name: string, handle: OrganizationHandle): void {
    this.#byName.set(name, handle);
  }

  clear(): void {
    this.#byName.clear();
    this.#byId.clear();
  }

  /** Yields each subscription once, even if several handles share it. */
  *subscriptions(): Generator<Subscription> {
    const seen = new Set<Subscription>();
    for (const [name, { subscription }] of [...this.#byName]) {
      if (!subscription.ending && !seen.has(subscription)) yield subscription;
      else if (subscription.ending && !subscription.isLatelyRefused) this.#byName.delete(name);
      seen.add(subscription);
    }
    for (const [orgId, subscription] of [...this.#byId]) {
      if (subscription.ending) this.#byId.delete(orgId);
      else if (!seen.has(subscription)) yield subscription;
    }
  }

  subscriptionOf(orgId: string): Subscription | undefined {
    const subscription = this.#byId.get(orgId);
    if (!subscription?.ending) return subscription;
    this.#byId.delete(orgId);
    return undefined;
  }

  /**
   * The subscriptions of the organization that a frame names. All of them if it names none, since
   * it may belong to any of them.
   */
  *subscriptionsOf(payload: unknown): Generator<Subscription> {
    const org = (payload as { org?: unknown } | null)?.org;
    const named = typeof org === 'string' ? this.subscriptionOf(org) : undefined;
    if (named) yield named;
    else if (typeof org !== 'string') yield* this.subscriptions();
  }

  /** The subscription whose replica has the most records. */
  largest(): Subscription | null {
    let largest: Subscription | null = null;
    for (const subscription of this.subscriptions())
      if (subscription.checksum.count > (largest?.checksum.count ?? 0)) largest = subscription;
    return largest;
  }

  /** Counts records that a replica gained or lost. Returns the number in all replicas. */
  countRecords(change: number): number {
    this.#recordCount += change;
    return this.#recordCount;
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
   * Makes `shared` the subscription of its organization. Moves the handles with these names to it,
   * if they belong to that organization. Ends those that can't share it because they want other
   * collections.
   */
  gather(shared: Subscription, ...names: readonly string[]): void {
    this.#byId.set(shared.orgId!, shared);
    for (const name of names) {
      const handle = this.#byName.get(name);
      if (!handle || handle.subscription === shared || handle.subscription.ending || handle.subscription.key !== shared.orgId) continue;
      if (isSameSet(handle.subscription.collections, shared.collections)) handle.share(shared);
      else handle.end(otherCollections);
    }
  }
}

export function isSameSet(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (!a || !b) return a === b;
  return a.length === b.length && a.every((item) => b.includes(item));
}
