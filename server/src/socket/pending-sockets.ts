/** A connection that has not authenticated yet. */
export interface PendingSocket {
  /** Where it comes from, as `networkOf` names it. */
  readonly network: string;
  readonly openedAt: number;
  /** Whether the server waits for the client, and not the client for the server. */
  readonly isIdle: boolean;
  /** Closes it at once, to make room. */
  evict(): void;
}

export interface PendingLimits {
  readonly max: number;
  readonly perNetworkMax: number;
}

/** A client says who it is after one round trip. One that takes longer than this loses its place where another one needs it. */
const idleMsMax = 2_500;

/**
 * The connections that have not authenticated yet, as many as are authenticated in useful time (rule R10). No network
 * keeps the others out: when all places are taken, a network that has fewer than another gets one of the other's.
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

  /** Makes room for one more, by evicting another where that is fair. False when there is none. */
  makeRoom(network: string, now: number): boolean {
    const own = this.#byNetwork.get(network);
    if (own && own.size >= this.#limits.perNetworkMax) return evictIdle(own, now);
    if (this.#size < this.#limits.max) return true;
    const largest = this.#largest();
    if (evictIdle(largest, now)) return true;
    // Moving a place between networks must not only exchange their roles.
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

  /** It has authenticated, or is over. Safe to call twice. */
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

/** The oldest of those that wait for their client, where it has waited too long. They are in the order they came in. */
function evictIdle(sockets: ReadonlySet<PendingSocket>, now: number): boolean {
  for (const socket of sockets) {
    if (now - socket.openedAt <= idleMsMax) return false;
    if (!socket.isIdle) continue;
    socket.evict();
    return true;
  }
  return false;
}
