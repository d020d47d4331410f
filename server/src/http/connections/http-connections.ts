import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf } from '../../identity/limits/attempt-limits.ts';
import type { Limits } from '../../runtime/limits/limits.ts';
import { transferLimits } from '../../runtime/limits/rows/transfers.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';

/**
 * An idle connection is not closed earlier: its first request may be waiting until this process is
 * less busy.
 */
const idleMsMin = 2_000;
/** The interval of the check for connections over a limit. */
const checkIntervalMs = 1_000;

interface Connection {
  readonly socket: Socket;
  readonly network: string;
  /** Requests without a complete response. */
  readonly open: Set<ServerResponse>;
  idleSince: number;
  isUpgraded: boolean;
  /** The connection had too many requests. The refusal of the last one is its last response. */
  isRefused: boolean;
}

/** The decision of a connection about a new request. */
export type Admission = 'served' | 'refused' | 'ignored';

export type ConnectionLimits = Pick<Limits, 'idleConnectionsPerAddress' | 'idleConnections'>;

/**
 * The server's connections, except upgraded ones. An address may have a limited number of
 * connections without a request, beyond which its oldest are closed. When there are too many in
 * total, connections of the address with the most are closed.
 */
export class HttpConnections {
  readonly #limits: ConnectionLimits;
  readonly #counters: Counters;
  readonly #connections = new WeakMap<Socket, Connection>();
  /** Idle connections by network, the longest idle first. */
  readonly #idle = new Map<string, Set<Connection>>();
  readonly #timer: NodeJS.Timeout;
  #idleCount = 0;
  #isTrusted: (address: string) => boolean = () => false;

  constructor(limits: ConnectionLimits, counters: Counters) {
    this.#limits = limits;
    this.#counters = counters;
    this.#timer = setInterval(() => this.#checkAll(), checkIntervalMs).unref();
  }

  get idleCount(): number {
    return this.#idleCount;
  }

  /** The connections of trusted proxies have no limit, because they serve many clients. */
  trust(isTrusted: (address: string) => boolean): void {
    this.#isTrusted = isTrusted;
  }

  opened(socket: Socket): void {
    const { remoteAddress = '' } = socket;
    const connection: Connection = {
      socket,
      network: networkOf(remoteAddress.replace(/^::ffff:/, '')),
      open: new Set(),
      idleSince: 0,
      isUpgraded: false,
      isRefused: false,
    };
    this.#connections.set(socket, connection);
    socket.on('close', () => this.#closed(connection));
    if (!this.#isTrusted(remoteAddress)) this.#becameIdle(connection);
  }

  /**
   * Registers a new request. It must be refused if its connection has too many open requests, and
   * ignored if one before it was refused.
   */
  began({ socket }: IncomingMessage, response: ServerResponse): Admission {
    const connection = this.#connections.get(socket);
    if (!connection) return 'served';
    this.#leaveIdle(connection);
    connection.open.add(response);
    if (connection.isRefused) return 'ignored';
    connection.isRefused = connection.open.size > transferLimits.pipelined.value;
    return connection.isRefused ? 'refused' : 'served';
  }

  /** Removes the request of a response that has ended. */
  ended(response: ServerResponse): void {
    const connection = this.#connections.get(response.req.socket);
    if (!connection?.open.delete(response) || connection.open.size > 0) return;
    const { socket, isUpgraded } = connection;
    if (!isUpgraded && !socket.destroyed && !this.#isTrusted(socket.remoteAddress ?? '')) this.#becameIdle(connection);
  }

  /** Excludes a socket that becomes a WebSocket, or that is about to be refused as one. */
  upgraded(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (!connection) return;
    connection.isUpgraded = true;
    this.#leaveIdle(connection);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #becameIdle(connection: Connection): void {
    connection.idleSince = performance.now();
    const ofNetwork = this.#idle.get(connection.network) ?? new Set();
    this.#idle.set(connection.network, ofNetwork.add(connection));
    this.#idleCount++;
    this.#closeBeyond(ofNetwork, this.#limits.idleConnectionsPerAddress);
  }

  #leaveIdle(connection: Connection): void {
    const ofNetwork = this.#idle.get(connection.network);
    if (!ofNetwork?.delete(connection)) return;
    this.#idleCount--;
    if (ofNetwork.size === 0) this.#idle.delete(connection.network);
  }

  #closed(connection: Connection): void {
    this.#leaveIdle(connection);
    // Node closes only the response that was being sent, and not those queued after it. A handler
    // that still runs then sees `closed`, which is a getter of the field.
    for (const response of [...connection.open]) {
      if (response.socket !== null || response.closed) continue;
      Object.assign(response, { destroyed: true, _closed: true });
      response.emit('close');
    }
  }

  #checkAll(): void {
    for (const ofNetwork of this.#idle.values()) this.#closeBeyond(ofNetwork, this.#limits.idleConnectionsPerAddress);
    while (this.#idleCount > this.#limits.idleConnections) {
      const largest = [...this.#idle.values()].reduce((most, ofNetwork) => (ofNetwork.size > most.size ? ofNetwork : most));
      const before = this.#idleCount;
      this.#closeBeyond(largest, Math.max(0, largest.size - (this.#idleCount - this.#limits.idleConnections)));
      if (this.#idleCount === before) return;
    }
  }

  #closeBeyond(ofNetwork: Set<Connection>, max: number): void {
    const idleBefore = performance.now() - idleMsMin;
    for (const connection of ofNetwork) {
      if (ofNetwork.size <= max || connection.idleSince > idleBefore) return;
      this.#counters.increment('transfersCut', 1, 'idle-connections');
      this.#leaveIdle(connection);
      connection.socket.destroy();
    }
  }
}
