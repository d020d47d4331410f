import { ExpiringMap } from '../runtime/collections/expiring-map.ts';
import { outboundLimits } from '../runtime/limits/rows/outbound.ts';
import type { Claim, ClaimFilter } from './claims.ts';

/**
 * The slots for deliveries of an instance. A delivery waits for a receiver for up to 15 s, and an
 * organization chooses its receivers. So the slots are shared by organization, and organizations
 * with slow receivers get at most half of them.
 */

/**
 * The part of the slots, in all and of a host, that organizations with slow receivers may take.
 */
const slowShare = 0.5;
/**
 * The time for which an organization counts as slow after a slow delivery. Receivers that are slow
 * only now and then could otherwise take all slots each time.
 */
const slowForMs = 60 * 60 * 1_000;

export type Speed = 'slow' | 'ordinary';

export class DeliverySlots {
  /** At most some 60,000: each took a slot for at least two seconds of an hour. */
  readonly #slow = new ExpiringMap<true>();

  /** Marks an organization whose delivery took long. */
  markSlow(orgId: string): void {
    this.#slow.set(orgId, true, slowForMs);
  }

  /**
   * The filter for the next claims of organizations of this speed. Null if no slot is free.
   * @param running all claims in progress
   * @param orgIds the organizations to claim for, or null for all
   */
  filterOf(speed: Speed, running: readonly Claim[], orgIds: readonly string[] | null): Omit<ClaimFilter, 'kinds'> | null {
    const free = outboundLimits.deliveries.value - running.length;
    if (speed === 'slow') {
      const busy = this.#slowOf(running);
      const limit = Math.min(free, outboundLimits.deliveries.value * slowShare - busy.length);
      const slowOrgIds = orgIds === null ? this.#slow.keys() : orgIds.filter((id) => this.#isSlow(id));
      return orNull({
        orgIds: slowOrgIds,
        exceptOrgIds: [],
        busy,
        perOrgMax: outboundLimits.deliveriesPerOrganization.value,
        perHostMax: outboundLimits.deliveriesPerHost.value * slowShare,
        limit,
      });
    }
    const exceptOrgIds = orgIds === null ? this.#slow.keys() : orgIds.filter((id) => this.#isSlow(id));
    return orNull({
      orgIds,
      exceptOrgIds,
      busy: running,
      perOrgMax: outboundLimits.deliveriesPerOrganization.value,
      perHostMax: outboundLimits.deliveriesPerHost.value,
      limit: free,
    });
  }

  /** Whether other consumers may wait for the slot of this claim. */
  isAwaited({ orgId, host }: Claim, running: readonly Claim[]): boolean {
    const isFull = (claims: readonly Claim[], share = 1) =>
      claims.length >= outboundLimits.deliveries.value * share || countAt(host, claims) >= outboundLimits.deliveriesPerHost.value * share;
    const ofOrg = running.filter((other) => other.orgId === orgId).length;
    return (
      isFull(running) ||
      ofOrg >= outboundLimits.deliveriesPerOrganization.value ||
      (this.#isSlow(orgId) && isFull(this.#slowOf(running), slowShare))
    );
  }

  #slowOf(claims: readonly Claim[]): Claim[] {
    return claims.filter(({ orgId }) => this.#isSlow(orgId));
  }

  #isSlow(orgId: string): boolean {
    return this.#slow.get(orgId) === true;
  }
}

function orNull(filter: Omit<ClaimFilter, 'kinds'>): Omit<ClaimFilter, 'kinds'> | null {
  return filter.limit > 0 && filter.orgIds?.length !== 0 ? filter : null;
}

function countAt(host: string | null, claims: readonly Claim[]): number {
  return host === null ? 0 : claims.filter((claim) => claim.host === host).length;
}
