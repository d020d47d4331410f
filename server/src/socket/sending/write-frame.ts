import type { Duplex } from 'node:stream';
import type { Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import * as ws from 'ws';
import type { Frame } from '../../read-path/subscriptions/frame.ts';
import { type Engine, engineOf } from '../engine.ts';

/** Caches the encoded frames. A frame is encoded once, for any number of sockets (rule R7). */
const webSocketFrames = new WeakMap<Frame, Buffer>();

/** Socket.IO's packet type for an event. engine.io's type for a message precedes it. */
const eventPacket = '2';
const messagePacket = '4';
const textOpcode = 1;

/** `ws` exports its sender, but its types omit it. It reads only the length of unmasked data. */
const { Sender } = ws as unknown as { Sender: { frame(data: { readonly length: number }, options: object): [header: Buffer] } };

/**
 * Events after which the connection may be closed. engine.io closes a connection only after it has
 * sent everything that was written to it. When the last frame is written, engine.io must therefore
 * already have all earlier frames.
 */
const closingEvents: ReadonlySet<Frame['event']> = new Set(['revoked', 'goodbye']);

/**
 * Encodes a frame as one buffer. Each further buffer would be another write to the kernel for each
 * socket.
 */
function encodeWebSocketFrame(frame: Frame): Buffer {
  const known = webSocketFrames.get(frame);
  if (known) return known;
  const options = { readOnly: false, mask: false, rsv1: false, opcode: textOpcode, fin: true };
  const text = messagePacket + packetText(frame);
  const length = Buffer.byteLength(text);
  const [header] = Sender.frame({ length }, options);
  const encoded = Buffer.allocUnsafe(header.length + length);
  header.copy(encoded);
  encoded.write(text, header.length);
  webSocketFrames.set(frame, encoded);
  return encoded;
}

function packetText({ event, json }: Frame): string {
  return `${eventPacket}["${event}",${json}]`;
}

/**
 * Writes frames to the connection of one socket. Like a broadcast to a Socket.IO room, it reuses
 * one encoding. The server chooses each socket itself, because a subscription may have been evicted
 * since the frame was made (rule A1).
 */
export class FrameWriter {
  readonly #socket: Socket;
  /**
   * The connection to which frames are written directly, as long as engine.io has no packets to
   * send. A fan-out visits thousands of sockets, and each object that it touches on the way costs
   * more than the rest of the work. This path touches two objects instead of seven.
   */
  #webSocket: WebSocket | null = null;
  #connection: Duplex | null = null;
  /** Frames that can't be written yet. They are written before any later frame. */
  #held: Frame[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.conn.on('packetCreate', () => {
      this.#connection = null;
    });
  }

  /** @returns whether next to nothing is left unsent; false where it was not checked */
  write(frame: Frame): boolean {
    this.writeHeld();
    const encoded = encodeWebSocketFrame(frame);
    if (this.#connection !== null && this.#webSocket!.readyState === ws.WebSocket.OPEN && !closingEvents.has(frame.event)) {
      return this.#connection.write(encoded);
    }
    return this.#writeAfterCheck(frame, encoded);
  }

  /**
   * Gathers what is written from now on until the end of this tick, also by engine.io, for one
   * write to the kernel.
   */
  gather(): void {
    const connection = engineOf(this.#socket.conn).transport.socket?._socket;
    if (!connection) return;
    connection.cork();
    process.nextTick(() => connection.uncork());
  }

  /** Holds a frame back until `writeHeld`, another frame, or the end of the connection. */
  hold(frame: Frame): void {
    this.#held.push(frame);
  }

  writeHeld(): void {
    if (this.#held.length === 0) return;
    for (const frame of this.#held.splice(0)) this.write(frame);
  }

  /**
   * Closes the connection after the written frames. The held frames, Socket.IO's last packet and
   * the WebSocket's close frame become one write to the kernel, which is most of the work.
   */
  disconnect(): void {
    const engine = engineOf(this.#socket.conn);
    const connection = engine.transport.socket?._socket;
    connection?.cork();
    // engine.io would send what follows a frame of its own in another write.
    const direct = openConnectionOf(engine);
    for (const frame of direct ? this.#held.splice(0) : []) direct!.write(encodeWebSocketFrame(frame));
    this.writeHeld();
    this.#socket.disconnect(true);
    connection?.uncork();
  }

  #writeAfterCheck(frame: Frame, encoded: Buffer): boolean {
    const engine = engineOf(this.#socket.conn);
    const connection = closingEvents.has(frame.event) ? null : openConnectionOf(engine);
    if (connection) {
      this.#webSocket = engine.transport.socket!;
      this.#connection = connection;
      return connection.write(encoded);
    }
    this.#connection = null;
    const options = { compress: false, wsPreEncodedFrame: [encoded] } as Parameters<Socket['conn']['write']>[1];
    this.#socket.conn.write(packetText(frame), options);
    return false;
  }
}

/**
 * Returns the TCP connection when a frame can be written directly to it, after everything that
 * engine.io was given. That holds when engine.io's queue is empty: without compression `ws` holds
 * nothing back, so it has already written what it took from there. Writing directly saves
 * engine.io's packet, queue and events, which are much of the cost of a delivery. Null on long
 * polling, during an upgrade from it, and once either side closes.
 */
function openConnectionOf({ readyState, writeBuffer, transport }: Engine): Duplex | null {
  const webSocket = transport.socket;
  if (!webSocket || readyState !== 'open' || writeBuffer.length > 0) return null;
  return webSocket.readyState === ws.WebSocket.OPEN ? webSocket._socket : null;
}
