import type { Socket } from 'socket.io';
import * as ws from 'ws';
import type { Frame } from '../read-path/frame.ts';

/** A frame as engine.io takes it: the packet's text, and the WebSocket frame around it, made once for all sockets. */
interface EncodedPacket {
  readonly text: string;
  readonly wsPreEncodedFrame: unknown;
}

const encodedPackets = new WeakMap<Frame, EncodedPacket>();

/** Socket.IO's packet type for an event, and engine.io's for a message before it. */
const eventPacket = '2';
const messagePacket = '4';
const textOpcode = 1;

/** `ws` exports its sender; its types leave it out. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

function encodePacket(frame: Frame): EncodedPacket {
  const known = encodedPackets.get(frame);
  if (known) return known;
  const text = `${eventPacket}["${frame.event}",${frame.json}]`;
  const data = Buffer.from(messagePacket + text);
  const options = { readOnly: false, mask: false, rsv1: false, opcode: textOpcode, fin: true };
  const packet = {
    text,
    wsPreEncodedFrame: Sender.frame(data, options),
  };
  encodedPackets.set(frame, packet);
  return packet;
}

/**
 * Writes a frame to one socket's connection. Like a Socket.IO room broadcast it reuses one encoding, but each socket
 * is chosen by us: it may have been evicted since the frame was made (rule A1).
 */
export function writeFrame(socket: Socket, frame: Frame): void {
  const { text, wsPreEncodedFrame } = encodePacket(frame);
  socket.conn.write(text, { compress: false, wsPreEncodedFrame } as Parameters<Socket['conn']['write']>[1]);
}
