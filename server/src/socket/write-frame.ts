import type { Duplex } from 'node:stream';
import type { Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import * as ws from 'ws';
import type { Frame } from '../read-path/frame.ts';
import { type Engine, engineOf } from './engine.ts';

/** A frame is encoded for the wire once, however many sockets it goes to (rule R7). */
const webSocketFrames = new WeakMap<Frame, Buffer>();

/** Socket.IO's packet type for an event, and engine.io's for a message before it. */
const eventPacket = '2';
const messagePacket = '4';
const textOpcode = 1;

/** `ws` exports its sender; its types leave it out. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

/**
 * A close may follow these. engine.io closes once everything that it was given has been sent: given the last frame, it
 * waits for all that was written before it.
 */
const closingEvents: ReadonlySet<Frame['event']> = new Set(['revoked', 'goodbye']);

/** In one piece: each further one would be a call into the kernel's queue for each socket. */
function encodeWebSocketFrame(frame: Frame): Buffer {
  const known = webSocketFrames.get(frame);
  if (known) return known;
  const options = { readOnly: false, mask: false, rsv1: false, opcode: textOpcode, fin: true };
  const encoded = Buffer.concat(Sender.frame(Buffer.from(messagePacket + packetText(frame)), options));
  webSocketFrames.set(frame, encoded);
  return encoded;
}

function packetText({ event, json }: Frame): string {
  return `${eventPacket}["${event}",${json}]`;
}

/**
 * Writes frames to one socket's connection. Like a Socket.IO room broadcast it reuses one encoding, but each socket
 * is chosen by us: it may have been evicted since the frame was made (rule A1).
 */
export class FrameWriter {
  readonly #socket: Socket;
  /**
   * Where frames go straight to, while engine.io is given nothing. A fan-out comes by thousands of sockets, and each
   * object that it has to look at on its way costs more than the rest of the way: these are two instead of seven.
   */
  #webSocket: WebSocket | null = null;
  #connection: Duplex | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.conn.on('packetCreate', () => {
      this.#connection = null;
    });
  }

  /** @returns whether next to nothing is left unsent now; false where nobody looked */
  write(frame: Frame): boolean {
    const encoded = encodeWebSocketFrame(frame);
    if (this.#connection !== null && this.#webSocket!.readyState === ws.WebSocket.OPEN && !closingEvents.has(frame.event)) {
      return this.#connection.write(encoded);
    }
    return this.#writeLooking(frame, encoded);
  }

  #writeLooking(frame: Frame, encoded: Buffer): boolean {
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
 * The TCP connection, where a frame written straight to it comes behind everything engine.io was given: its queue is
 * empty, and what it took from there `ws` has already written, since without compression it holds nothing back.
 * That spares each socket engine.io's packet, its queue and its events, about half of what a delivery costs. Null
 * on long polling, during an upgrade from it, and once either side closes.
 */
function openConnectionOf({ readyState, writeBuffer, transport }: Engine): Duplex | null {
  const webSocket = transport.socket;
  if (!webSocket || readyState !== 'open' || writeBuffer.length > 0) return null;
  return webSocket.readyState === ws.WebSocket.OPEN ? webSocket._socket : null;
}
