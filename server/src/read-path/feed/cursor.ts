/**
 * The position of a replica, opaque to the client and valid on every instance: epoch, revision,
 * chain, and audience (which includes the collections). It proves nothing about rights, which are
 * always evaluated against the current state (rule A4).
 */
export interface Cursor {
  readonly epoch: string;
  readonly revision: number;
  readonly chain: string;
  readonly audienceKey: string;
}

/**
 * The position of a reader of events, after `revision` and `index` events of the next one. Its
 * `chain` is the `entryMark` of the last entry of which anything was read. With it, a tail of the
 * log that a failover replaced is detected even after the head has passed the position again.
 */
export interface EventCursor extends Cursor {
  readonly orgId: string;
  readonly index: number;
}

const version = '1';

export function encodeCursor(cursor: Cursor): string {
  return Buffer.from(textOf(cursor)).toString('base64url');
}

/** Null for anything that is not a cursor of this version. The response is then a snapshot. */
export function decodeCursor(text: string): Cursor | null {
  return parse(Buffer.from(text, 'base64url').toString('latin1'));
}

export function encodeEventCursor(cursor: EventCursor): string {
  return Buffer.from(`events:${cursor.orgId}:${cursor.index}:${textOf(cursor)}`).toString('base64url');
}

/** Null for anything that is not a reader's cursor of this version. */
export function decodeEventCursor(text: string): EventCursor | null {
  const match = /^events:([0-9]{1,19}):([0-9]{1,9}):(.*)$/s.exec(Buffer.from(text, 'base64url').toString('latin1'));
  const cursor = match && parse(match[3]!);
  return cursor && { ...cursor, orgId: match[1]!, index: Number(match[2]) };
}

function textOf({ epoch, revision, chain, audienceKey }: Cursor): string {
  return [version, epoch, revision, chain, audienceKey].join(':');
}

function parse(text: string): Cursor | null {
  const match = /^1:([0-9a-f-]{36}):([0-9]{1,16}):([0-9a-f]{16}):([0-9a-z-]{1,32})$/.exec(text);
  if (!match) return null;
  return { epoch: match[1]!, revision: Number(match[2]), chain: match[3]!, audienceKey: match[4]! };
}
