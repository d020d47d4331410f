import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf } from '../identity/attempt-limits.ts';
import type { Counters } from '../runtime/counters.ts';
import type { Limits } from '../runtime/limits.ts';
import { pipelinedMax } from './http-limits.ts';

/** A connection is not closed for idleness before: its first request may be waiting for this process to be less busy. */
const idleMsMin = 2_000;
/** Connections over a limit are looked for this often. */
const lookMs = 1_000;

interface Connection {
  readonly socket: Socket;
  readonly network: string;
  /** Requests that are not answered yet. */
  readonly open: Set<ServerResponse>;
  idleSince: number;
  isUpgraded: boolean;
  /** One request too many was refused: it is the last that is answered. */
  isRefused: boolean;
}

/** What becomes of a request, as far as its connection is concerned. */
export type Beginning = 'served' | 'refused' | 'ignored';

export type ConnectionLimits = Pick<Limits, 'idleConnectionsPerAddress' | 'idleConnections'>;

/**
 * The server's connections that were not upgraded. Of those without a request an address may have so many: the oldest are
 * closed beyond that. Once there are too many in all, those of the address with the most are.
 */
export class HttpConnections {
  readonly #limits: ConnectionLimits;
  readonly #counters: Counters;
  readonly #connections = new WeakMap<Socket, Connection>();
  /** By network; of each the one that is idle the longest comes first. */
  readonly #idle = new Map<string, Set<Connection>>();
  readonly #looking: NodeJS.Timeout;
  #idleCount = 0;
  #isTrusted: (address: string) => boolean = () => false;

  constructor(limits: ConnectionLimits, counters: Counters) {
    this.#limits = limits;
    this.#counters = counters;
    this.#looking = setInterval(() => this.#look(), lookMs).unref();
  }

  get idleCount(): number {
    return this.#idleCount;
  }

  /** Connections of trusted proxies are many clients', so that no limit is on them. */
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
    socket.once('close', () => this.#closed(connection));
    if (!this.#isTrusted(remoteAddress)) this.#becameIdle(connection);
  }

  /** A request has begun. It is to be refused when its connection has too many unanswered ones, and ignored behind that refusal. */
  began({ socket }: IncomingMessage, response: ServerResponse): Beginning {
    const connection = this.#connections.get(socket);
    if (!connection) return 'served';
    this.#leaveIdle(connection);
    connection.open.add(response);
    if (connection.isRefused) return 'ignored';
    connection.isRefused = connection.open.size > pipelinedMax;
    return connection.isRefused ? 'refused' : 'served';
  }

  /** A response is over. */
  ended(response: ServerResponse): void {
    const connection = this.#connections.get(response.req.socket);
    if (!connection?.open.delete(response) || connection.open.size > 0) return;
    const { socket, isUpgraded } = connection;
    if (!isUpgraded && !socket.destroyed && !this.#isTrusted(socket.remoteAddress ?? '')) this.#becameIdle(connection);
  }

  /** A WebSocket from now on, or about to be refused as one. */
  upgraded(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (!connection) return;
    connection.isUpgraded = true;
    this.#leaveIdle(connection);
  }

  close(): void {
    clearInterval(this.#looking);
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
    // Node tells only the response that was being sent, and none of those behind it.
    for (const response of [...connection.open]) {
      if (response.socket !== null || response.destroyed) continue;
      response.destroyed = true;
      response.emit('close');
    }
  }

  #look(): void {
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
