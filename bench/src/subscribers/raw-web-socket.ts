import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/**
 * A WebSocket client that does as little as possible, because servers and subscribers share the
 * machine and a subscriber's cost is taken from the servers. The peers send no fragments, and no
 * extensions are requested.
 */
export interface RawWebSocketEvents {
  onOpen(): void;
  /** The buffer is valid only until this returns. */
  onMessage(payload: Buffer): void;
  onClose(): void;
}

/** All sockets of a process read into this buffer. Each read is handled before the next. */
const readBuffer = Buffer.allocUnsafe(256 * 1024);
const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;
const endOfHeaders = '\r\n\r\n';

export class RawWebSocket {
  readonly #events: RawWebSocketEvents;
  readonly #socket: Socket;
  #isOpen = false;
  /** The beginning of a frame whose end hasn't arrived. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  #wantedBytes = 0;

  constructor(url: URL, events: RawWebSocketEvents) {
    this.#events = events;
    const onread = { buffer: readBuffer, callback: (bytes: number) => this.#read(readBuffer.subarray(0, bytes)) };
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true, onread });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => events.onClose());
    const lines = [
      `GET ${url.pathname}${url.search} HTTP/1.1`,
      `Host: ${url.host}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      'Sec-WebSocket-Version: 13',
    ];
    this.#socket.write(lines.join('\r\n') + endOfHeaders);
  }

  send(text: string): void {
    this.#write(opcodes.text, Buffer.from(text));
  }

  close(): void {
    this.#socket.destroy();
  }

  /** A client must mask its frames. A mask of zeros changes nothing. */
  #write(opcode: number, payload: Buffer): void {
    const isLong = payload.length > 125;
    const header = Buffer.alloc(isLong ? 8 : 6);
    header[0] = 0x80 | opcode;
    header[1] = 0x80 | (isLong ? 126 : payload.length);
    if (isLong) header.writeUInt16BE(payload.length, 2);
    this.#socket.write(Buffer.concat([header, payload]));
  }

  #read(chunk: Buffer): boolean {
    if (this.#restBytes + chunk.length < this.#wantedBytes) {
      this.#keep(chunk);
      return true;
    }
    let unread = this.#restBytes > 0 ? Buffer.concat([...this.#rest, chunk]) : chunk;
    this.#rest = [];
    this.#restBytes = 0;
    this.#wantedBytes = 0;
    if (!this.#isOpen) unread = this.#readHeaders(unread);
    if (this.#isOpen) unread = this.#readFrames(unread);
    if (unread.length > 0) this.#keep(unread);
    return true;
  }

  #keep(bytes: Buffer): void {
    this.#rest.push(Buffer.from(bytes));
    this.#restBytes += bytes.length;
  }

  #readHeaders(bytes: Buffer): Buffer {
    const end = bytes.indexOf(endOfHeaders);
    if (end === -1) return bytes;
    if (!bytes.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) {
      this.close();
      return Buffer.alloc(0);
    }
    this.#isOpen = true;
    this.#events.onOpen();
    return bytes.subarray(end + endOfHeaders.length);
  }

  #readFrames(bytes: Buffer): Buffer {
    let at = 0;
    while (bytes.length - at >= 2) {
      let length = bytes[at + 1]! & 0x7f;
      let start = at + 2;
      if (length === 126) {
        start += 2;
        if (bytes.length < start) break;
        length = bytes.readUInt16BE(at + 2);
      } else if (length === 127) {
        start += 8;
        if (bytes.length < start) break;
        length = Number(bytes.readBigUInt64BE(at + 2));
      }
      if (bytes.length < start + length) {
        this.#wantedBytes = start + length - at;
        break;
      }
      this.#handle(bytes[at]! & 0x0f, bytes.subarray(start, start + length));
      at = start + length;
    }
    return bytes.subarray(at);
  }

  #handle(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.text) this.#events.onMessage(payload);
    else if (opcode === opcodes.ping) this.#write(opcodes.pong, payload);
    else if (opcode === opcodes.close) this.close();
  }
}
