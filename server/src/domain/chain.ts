import { hash } from 'node:crypto';
import { canonicalJson, type LogEntry } from '@rollcall/protocol';

/** The chain of an organization without revisions. */
export const emptyChain = '0000000000000000';

/**
 * chain(N) = hash(chain(N-1), N, digest of the entry), 8 bytes as hex. It distinguishes two
 * histories with the same revision numbers. The digest uses canonical JSON, because jsonb reorders
 * keys and must not change the digest.
 */
export function nextChain(chain: string, entry: LogEntry): string {
  const digest = hash('sha256', canonicalJson([entry.command, entry.actor, entry.requestId, entry.changes]), 'buffer');
  return hash('sha256', Buffer.concat([Buffer.from(`${chain}:${entry.revision}:`), digest])).slice(0, 16);
}
