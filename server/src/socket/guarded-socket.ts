import type { Clock } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import type { EngineSocket } from './engine.ts';
import type { PendingSocket, PendingSockets } from './pending-sockets.ts';
import { cutTransport, unsentBytes } from './unsent-bytes.ts';

/** Until it authenticates a client sends one message. Besides that come answers to heartbeats, and an upgrade from polling. */
const receivedMaxPending = 16;
/** What the server sends until then has some 200 bytes. */
const unsentBytesMaxPending = 4 * 1024;
/** Time for a client to read why it was refused, and to hang up by itself. */
const closeDelayMs = 200;
/** Time for one that does neither. */
const cutDelayMs = 1_000;

/** Socket.IO's CONNECT to the default namespace, with what the client says of itself or without. */
const connectPacket = /^0(?:\/,)?(?:\{|$)/;

/** Why a connection is closed before it authenticates. */
export type PendingEnd = 'evicted' | 'no-connect' | 'too-much' | 'not-connect' | 'refused';

export interface GuardDeps {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly pending: PendingSockets;
  /** From the connection to its client's CONNECT. */
  readonly connectMsMax: number;
}

interface Packet {
  readonly type: string;
  readonly data?: unknown;
}

/**
 * One connection from its first request on. Until it authenticates it may send one CONNECT and next to nothing else, and
 * has a place among the pending ones; after that, all that it sends is counted by whoever it belongs to.
 */
export class GuardedSocket implements PendingSocket {
  readonly network: string;
  readonly openedAt: number;
  readonly #deps: GuardDeps;
  #phase: 'idle' | 'connecting' | 'ending' | 'authenticated' | 'over' = 'idle';
  #conn: EngineSocket | null = null;
  #received = 0;
  #onReceived: () => void = () => {};
  #cancelTimer: () => void;

  /** Takes a place: `PendingSockets.makeRoom` comes first. */
  constructor(network: string, deps: GuardDeps) {
    this.network = network;
    this.#deps = deps;
    this.openedAt = deps.clock.now();
    this.#cancelTimer = deps.clock.after(deps.connectMsMax, () => this.#endIdle());
    deps.pending.add(this);
  }

  get isIdle(): boolean {
    return this.#phase !== 'connecting';
  }

  /** The connection below Socket.IO is there. */
  opened(conn: EngineSocket): void {
    this.#conn = conn;
    conn.on('packet', (packet: Packet) => this.#take(packet));
    conn.once('close', () => this.over());
    if (this.#phase === 'over') cutTransport(conn);
  }

  /** Something came in: a packet, a frame of a WebSocket, an attempt to upgrade. */
  received(): void {
    if (this.#phase === 'authenticated') this.#onReceived();
    else if (++this.#received > receivedMaxPending || (this.#conn && unsentBytes(this.#conn) > unsentBytesMaxPending)) {
      this.#cut('too-much');
    }
  }

  /** @param onReceived called for whatever comes in from now on */
  authenticated(onReceived: () => void): void {
    if (this.#phase === 'over') return;
    this.#phase = 'authenticated';
    this.#onReceived = onReceived;
    this.#leave();
  }

  /** The client was told why: it has a moment to read it. */
  refused(): void {
    this.#endSoon();
  }

  evict(): void {
    this.#cut('evicted');
  }

  /** Its request is over. Without a connection by now there will be none. */
  abandonUnlessOpened(): void {
    if (!this.#conn) this.over();
  }

  /** There is no connection any more, or never was one. */
  over(): void {
    this.#phase = 'over';
    this.#leave();
  }

  /** Called before Socket.IO sees the packet. */
  #take({ type, data }: Packet): void {
    const conn = this.#conn!;
    // The frames of a WebSocket are counted as they come in.
    if (conn.transport.name === 'polling') this.received();
    if (type !== 'message' || this.#phase === 'authenticated') return;
    if (this.#phase !== 'idle') this.#cut('too-much');
    else if (typeof data === 'string' && connectPacket.test(data)) {
      this.#phase = 'connecting';
      this.#cancelTimer();
    } else {
      this.#deps.counters.increment('pendingSocketsRefused', 1, 'not-connect');
      this.#endSoon();
    }
  }

  /** A process that was stopped for a while first reads what came in the meantime. */
  #endIdle(): void {
    this.#deps.clock.afterTurn(() => {
      if (this.#phase === 'idle') this.#cut('no-connect');
    });
  }

  #endSoon(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'ending';
    this.#cancelTimer();
    const { clock } = this.#deps;
    const cancelClose = clock.after(closeDelayMs, () => this.#conn?.close());
    const cancelCut = clock.after(cutDelayMs, () => this.#conn && cutTransport(this.#conn));
    this.#cancelTimer = () => {
      cancelClose();
      cancelCut();
    };
  }

  #cut(reason: PendingEnd): void {
    if (this.#phase === 'over' || this.#phase === 'authenticated') return;
    this.#deps.counters.increment('pendingSocketsRefused', 1, reason);
    this.over();
    if (this.#conn) cutTransport(this.#conn);
  }

  #leave(): void {
    this.#cancelTimer();
    this.#deps.pending.remove(this);
  }
}
