/**
 * The part of HTTP's upgrade and of WebSocket frames (RFC 6455) that is needed to separate a
 * server's messages.
 */

const headEnd = '\r\n\r\n';
const textOpcode = 1;

/**
 * Splits the data of a server on one connection: the response to the upgrade, then frames. A
 * connection without an upgrade is plain HTTP, which isn't inspected.
 */
export function serverMessageEnd(): (bytes: Buffer, start: number) => number {
  let state: 'head' | 'http' | 'frames' = 'head';
  return (bytes, start) => {
    if (state === 'frames') return endOfFrame(bytes, start);
    if (state === 'http') return bytes.length;
    const end = bytes.indexOf(headEnd, start);
    if (end === -1) return -1;
    const isUpgrade = bytes.toString('latin1', start, start + 12) === 'HTTP/1.1 101';
    state = isUpgrade ? 'frames' : 'http';
    return isUpgrade ? end + headEnd.length : bytes.length;
  };
}

interface Frame {
  readonly isWholeText: boolean;
  readonly payloadAt: number;
  readonly end: number;
}

function readFrame(bytes: Buffer, start: number): Frame | null {
  if (bytes.length < start + 2) return null;
  const [first, second] = [bytes[start]!, bytes[start + 1]!];
  const short = second & 0x7f;
  const payloadAt = start + 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
  if (bytes.length < payloadAt) return null;
  const length = short === 126 ? bytes.readUInt16BE(start + 2) : short === 127 ? Number(bytes.readBigUInt64BE(start + 2)) : short;
  return { isWholeText: first === (0x80 | textOpcode), payloadAt, end: payloadAt + length };
}

function endOfFrame(bytes: Buffer, start: number): number {
  const frame = readFrame(bytes, start);
  return frame && frame.end <= bytes.length ? frame.end : -1;
}

/**
 * The text of a frame, or null for other frames and for invalid data. A server doesn't mask, and
 * doesn't fragment small messages.
 */
export function readText(message: Buffer): string | null {
  const frame = readFrame(message, 0);
  return frame?.isWholeText && frame.end === message.length ? message.toString('utf8', frame.payloadAt) : null;
}
