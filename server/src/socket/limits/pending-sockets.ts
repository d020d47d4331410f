import { socketLimits } from '../../runtime/limits/rows/sockets.ts';

/** A connection that has not authenticated yet. */
export interface PendingSocket {
  /** The client's network, as `networkOf` names it. */
  readonly network: string;
  readonly openedAt: number;
  /** Whether the server waits for the client, and not the client for the server. */
  readonly isIdle: boolean;
  /** Closes the connection immediately to free its slot. */
  evict(): void;
}

export interface PendingLimits {
  readonly max: number;
  readonly perNetworkMax: number;
}

/**
 * The connections that have not authenticated yet. Their number is limited to what can be
 * authenticated in useful time (rule R10). No network can block the others: when all slots are
 * taken, a network with fewer slots than another gets one of the other's.
 */
export class PendingSockets {
  readonly #limits: PendingLimits;
  readonly #byNetwork = new Map<string, Set<PendingSocket>>();
  #size = 0;

  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Frees a slot for one more connection, by evicting another one where that is fair. Returns false
   * when there is none.
   */
  freeSlot(network: string, now: number): boolean {
    const own = this.#byNetwork.get(network);
    if (own && own.size >= this.#limits.perNetworkMax) return evictIdle(own, now);
    if (this.#size < this.#limits.max) return true;
    const largest = this.#largest();
    if (evictIdle(largest, now)) return true;
    // Moving a slot between networks must not merely swap which of them has more.
    if (largest.size <= (own?.size ?? 0) + 1) return false;
    const [oldest] = largest;
    oldest!.evict();
    return true;
  }

  add(socket: PendingSocket): void {
    const sockets = this.#byNetwork.get(socket.network) ?? new Set();
    this.#byNetwork.set(socket.network, sockets.add(socket));
    this.#size++;
  }

  /** Called when the socket has authenticated or closed. Safe to call twice. */
  remove(socket: PendingSocket): void {
    const sockets = this.#byNetwork.get(socket.network);
    if (!sockets?.delete(socket)) return;
    this.#size--;
    if (sockets.size === 0) this.#byNetwork.delete(socket.network);
  }

  #largest(): ReadonlySet<PendingSocket> {
    let largest: ReadonlySet<PendingSocket> = new Set();
    for (const sockets of this.#byNetwork.values()) if (sockets.size > largest.size) largest = sockets;
    return largest;
  }
}

/**
 * Evicts the oldest socket that has kept the server waiting too long. The set is in order of
 * arrival.
 */
function evictIdle(sockets: ReadonlySet<PendingSocket>, now: number): boolean {
  for (const socket of sockets) {
    if (now - socket.openedAt <= socketLimits.idleMs.value) return false;
    if (!socket.isIdle) continue;
    socket.evict();
    return true;
  }
  return false;
}
