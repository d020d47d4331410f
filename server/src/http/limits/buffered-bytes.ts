import type { IncomingMessage } from 'node:http';
import { OrgError } from '@rollcall/protocol';
import type { Request } from 'express';
import { networkOf } from '../../identity/limits/attempt-limits.ts';
import type { Limits } from '../../runtime/limits/limits.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';
import { addressOf } from '../requests/caller-address.ts';

export type BufferLimits = Pick<
  Limits,
  'bufferedBytesPerAddress' | 'bufferedBytesPerCaller' | 'bufferedBytesAnonymous' | 'bufferedBytesAuthenticated'
>;

/**
 * The owner of buffered bytes. Requests without a credential have a separate pool, so they cannot
 * use up the memory of authenticated requests.
 */
export interface BytesOwner {
  readonly pool: 'anonymous' | 'authenticated';
  readonly key: string;
}

/** Memory that is in use for one owner. */
export interface BytesReservation {
  grow(bytes: number): void;
  /** May be called twice. */
  release(): void;
}

interface OwnedReservation extends BytesReservation {
  readonly evict: () => void;
}

interface OwnerUse {
  bytes: number;
  /** Oldest first. */
  readonly reservations: Set<OwnedReservation>;
}

interface Pool {
  readonly bytesMax: number;
  readonly ownerBytesMax: number;
  bytes: number;
  readonly owners: Map<string, OwnerUse>;
}

/**
 * Memory for request bodies that arrive or are parsed, and for responses that are not read yet. An
 * owner with too many bytes loses the oldest of its reservations. When all owners together have too
 * many, the owner with the most does.
 */
export class BufferedBytes {
  readonly #pools: Readonly<Record<BytesOwner['pool'], Pool>>;
  readonly #counters: Counters;

  constructor(limits: BufferLimits, counters: Counters) {
    const pool = (bytesMax: number, ownerBytesMax: number): Pool => ({ bytesMax, ownerBytesMax, bytes: 0, owners: new Map() });
    this.#pools = {
      anonymous: pool(limits.bufferedBytesAnonymous, limits.bufferedBytesPerAddress),
      authenticated: pool(limits.bufferedBytesAuthenticated, limits.bufferedBytesPerCaller),
    };
    this.#counters = counters;
  }

  /** Bytes in use, by pool. */
  get use(): Readonly<Record<BytesOwner['pool'], number>> {
    return { anonymous: this.#pools.anonymous.bytes, authenticated: this.#pools.authenticated.bytes };
  }

  /**
   * Counts bytes for their owner until they are released.
   * @param evict frees the bytes by ending their request or response. Called at most once, in a
   * later turn of the event loop
   */
  reserve(owner: BytesOwner, bytes: number, evict: () => void): BytesReservation {
    const pool = this.#pools[owner.pool];
    const use = pool.owners.get(owner.key) ?? { bytes: 0, reservations: new Set() };
    pool.owners.set(owner.key, use);
    let held = 0;
    const reservation: OwnedReservation = {
      evict,
      grow: (more) => {
        if (!use.reservations.has(reservation)) return;
        held += more;
        use.bytes += more;
        pool.bytes += more;
        this.#evictOver(pool, use);
      },
      release: () => {
        if (!use.reservations.delete(reservation)) return;
        use.bytes -= held;
        pool.bytes -= held;
        if (use.reservations.size === 0 && pool.owners.get(owner.key) === use) pool.owners.delete(owner.key);
      },
    };
    use.reservations.add(reservation);
    reservation.grow(bytes);
    return reservation;
  }

  refusal({ pool }: BytesOwner): OrgError {
    const whose = pool === 'anonymous' ? 'data from your IP address' : 'of your data';
    return new OrgError('rate-limited', `Too much ${whose} is in transfer. Finish other transfers first.`, {
      retryAfterSeconds: 1,
    });
  }

  /** An owner over its limit keeps its only reservation, whose size has a limit of its own. */
  #evictOver(pool: Pool, use: OwnerUse): void {
    while (use.bytes > pool.ownerBytesMax && use.reservations.size > 1) this.#evict(firstOf(use));
    while (pool.bytes > pool.bytesMax) this.#evict(firstOf(largestOf(pool)));
  }

  #evict(reservation: OwnedReservation): void {
    this.#counters.increment('transfersCut', 1, 'bytes');
    reservation.release();
    queueMicrotask(reservation.evict);
  }
}

function firstOf(use: OwnerUse): OwnedReservation {
  const [first] = use.reservations;
  return first!;
}

function largestOf({ owners }: Pool): OwnerUse {
  return [...owners.values()].reduce((largest, use) => (use.bytes > largest.bytes ? use : largest));
}

const owners = new WeakMap<IncomingMessage, BytesOwner>();

/** Counts the bytes of this request and its response for the caller instead of the address. */
export function setBytesOwner(request: IncomingMessage, caller: string): BytesOwner {
  const owner: BytesOwner = { pool: 'authenticated', key: caller };
  owners.set(request, owner);
  return owner;
}

export function bytesOwnerOf(request: IncomingMessage): BytesOwner {
  return owners.get(request) ?? { pool: 'anonymous', key: networkOf(addressOf(request as Request) ?? '') };
}
