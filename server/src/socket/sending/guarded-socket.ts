import { networkOf } from '../../identity/limits/attempt-limits.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';
import type { EngineSocket } from '../engine.ts';
import type { PendingSocket, PendingSockets } from '../limits/pending-sockets.ts';
import { cutTransport, unsentBytes } from '../limits/unsent-bytes.ts';

/**
 * Before it authenticates, a client sends one message, besides responses to heartbeats and an
 * upgrade from polling.
 */
const receivedMaxPending = 16;
/** Before authentication the server sends some 200 bytes. */
const unsentBytesMaxPending = 4 * 1024;
/** The time for a client to read the refusal and to close the connection itself. */
const closeDelayMs = 200;
/** The time after which the connection is cut, if the client does not close it. */
const cutDelayMs = 1_000;

const nothing = () => {};

/** Socket.IO's CONNECT to the default namespace, with or without the client's `auth` object. */
const connectPacket = /^0(?:\/,)?(?:\{|$)/;

/** The reason for closing a connection before it authenticates. */
export type PendingEnd = 'evicted' | 'no-connect' | 'too-much' | 'not-connect' | 'refused';

export interface GuardDeps {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly pending: PendingSockets;
  /** The time from the connection to the client's CONNECT. */
  readonly connectMsMax: number;
}

interface Packet {
  readonly type: string;
  readonly data?: unknown;
}

/**
 * One connection, from its first request to its end. Until it authenticates it has a slot among the
 * pending connections, and may send one CONNECT and little else. After that, its owner counts all
 * that it sends.
 */
export class GuardedSocket implements PendingSocket {
  /** The client's address, as `addressOf` returns it. Null if it is unknown. */
  readonly address: string | null;
  readonly network: string;
  readonly openedAt: number;
  readonly #deps: GuardDeps;
  #phase: 'idle' | 'connecting' | 'ending' | 'authenticated' | 'over' = 'idle';
  #conn: EngineSocket | null = null;
  #received = 0;
  #onReceived = nothing;
  #cancelTimer: () => void;

  /** Takes a slot. The caller must call `PendingSockets.freeSlot` first. */
  constructor(address: string | null, deps: GuardDeps) {
    this.address = address;
    this.network = networkOf(address ?? '');
    this.#deps = deps;
    this.openedAt = deps.clock.now();
    this.#cancelTimer = deps.clock.after(deps.connectMsMax, () => this.#endIdle());
    deps.pending.add(this);
  }

  get isIdle(): boolean {
    return this.#phase !== 'connecting';
  }

  /** Called when engine.io opened the connection. */
  opened(conn: EngineSocket): void {
    this.#conn = conn;
    conn.on('packet', (packet: Packet) => this.#take(packet));
    conn.on('close', () => this.over());
    if (this.#phase === 'over') cutTransport(conn);
  }

  /** Counts one received item: a packet, a WebSocket frame, or an attempt to upgrade. */
  received(): void {
    if (this.#phase === 'authenticated') this.#onReceived();
    else if (++this.#received > receivedMaxPending || (this.#conn && unsentBytes(this.#conn) > unsentBytesMaxPending)) {
      this.#cut('too-much');
    }
  }

  /** @param onReceived called for each item received from now on */
  authenticated(onReceived: () => void): void {
    if (this.#phase === 'over') return;
    this.#phase = 'authenticated';
    this.#onReceived = onReceived;
    this.#releaseSlot();
  }

  /** Called after the reason was sent to the client. Gives the client some time to read it. */
  refused(): void {
    this.#endSoon();
  }

  evict(): void {
    this.#cut('evicted');
  }

  /**
   * Called at the end of the first request. If there is no connection by then, there never will be
   * one.
   */
  abandonUnlessOpened(): void {
    if (!this.#conn) this.over();
  }

  /** Called when the connection is closed, or was never opened. */
  over(): void {
    this.#phase = 'over';
    this.#releaseSlot();
  }

  /** Called before Socket.IO sees the packet. */
  #take({ type, data }: Packet): void {
    const conn = this.#conn!;
    // Frames of a WebSocket are already counted when they arrive.
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

  /**
   * Waits until received data is processed: a process that was stopped for a while must first read
   * what arrived in that time.
   */
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

  #releaseSlot(): void {
    this.#cancelTimer();
    // The connection may stay open for days, and the timer would stay in memory as long.
    this.#cancelTimer = nothing;
    this.#deps.pending.remove(this);
  }
}
