import { createHash } from 'node:crypto';
import type { EventSource } from './outlet-events.ts';

/** The mark at revision 0. */
export const emptyMark = '0000000000000000';

/**
 * Distinguishes two histories by one entry, 8 bytes as hex. The log keeps no chain per revision, so
 * proving an old position by the chain would need every entry after it. An entry that was committed
 * at the same microsecond for the same request has the same entries before it.
 */
export function entryMark({ revision, committedAt, command, actor, requestId }: EventSource): string {
  return createHash('sha256')
    .update(JSON.stringify([revision, committedAt, command, actor, requestId]))
    .digest('hex')
    .slice(0, 16);
}
