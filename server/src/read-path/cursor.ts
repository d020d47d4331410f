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

const version = '1';

export function encodeCursor({ epoch, revision, chain, audienceKey }: Cursor): string {
  return Buffer.from([version, epoch, revision, chain, audienceKey].join(':')).toString('base64url');
}

/** Null for anything that is not a cursor of this version. The response is then a snapshot. */
export function decodeCursor(text: string): Cursor | null {
  const match = /^1:([0-9a-f-]{36}):([0-9]{1,16}):([0-9a-f]{16}):([0-9a-z-]{1,32})$/.exec(
    Buffer.from(text, 'base64url').toString('latin1'),
  );
  if (!match) return null;
  return { epoch: match[1]!, revision: Number(match[2]), chain: match[3]!, audienceKey: match[4]! };
}
