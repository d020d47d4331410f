/**
 * The part of Redis's protocol (RESP2 and RESP3) that is needed to separate replies and to
 * recognize pub/sub messages.
 */

const lineEnd = '\r\n';

/** The end of the reply that starts there, or -1 while it is incomplete. */
export function endOfReply(bytes: Buffer, start: number): number {
  const lineEndsAt = bytes.indexOf(lineEnd, start);
  if (lineEndsAt === -1) return -1;
  const next = lineEndsAt + lineEnd.length;
  const type = String.fromCharCode(bytes[start]!);
  if ('+-:_,#('.includes(type)) return next;
  const length = Number(bytes.toString('latin1', start + 1, lineEndsAt));
  if (!Number.isInteger(length)) throw new Error(`not RESP: ${bytes.toString('latin1', start, Math.min(lineEndsAt, start + 40))}`);
  if ('$=!'.includes(type)) return length < 0 ? next : whole(bytes, next + length + lineEnd.length);
  if ('*~>'.includes(type)) return endOfReplies(bytes, next, length);
  if ('%|'.includes(type)) return endOfReplies(bytes, next, 2 * length);
  throw new Error(`not RESP: ${type}`);
}

function whole(bytes: Buffer, end: number): number {
  return end <= bytes.length ? end : -1;
}

function endOfReplies(bytes: Buffer, start: number, count: number): number {
  let end = start;
  for (let index = 0; index < count && end !== -1; index++) end = end < bytes.length ? endOfReply(bytes, end) : -1;
  return end;
}

export interface PubSubMessage {
  readonly channel: string;
  readonly message: string;
}

/** Null for any other reply. */
export function readMessage(reply: Buffer): PubSubMessage | null {
  const type = String.fromCharCode(reply[0]!);
  if (type !== '*' && type !== '>') return null;
  const [kind, channel, message] = readStrings(reply, 3);
  return kind === 'message' && channel !== undefined && message !== undefined ? { channel, message } : null;
}

/** The first strings of an array of strings. Fewer if the reply is not one. */
function readStrings(reply: Buffer, count: number): string[] {
  const strings: string[] = [];
  let start = reply.indexOf(lineEnd) + lineEnd.length;
  while (strings.length < count && start < reply.length && String.fromCharCode(reply[start]!) === '$') {
    const end = endOfReply(reply, start);
    strings.push(reply.toString('utf8', reply.indexOf(lineEnd, start) + lineEnd.length, end - lineEnd.length));
    start = end;
  }
  return strings;
}
