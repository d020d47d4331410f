import { createHash, hash } from 'node:crypto';
import { canonicalJson, type LogChange, type LogEntry } from '@rollcall/protocol';

/** The chain of an organization without revisions. */
export const emptyChain = '0000000000000000';

/**
 * chain(N) = hash(chain(N-1), N, digest of the entry), 8 bytes as hex. It distinguishes two
 * histories with the same revision numbers. The digest uses canonical JSON, because jsonb reorders
 * keys and must not change the digest.
 */
export function nextChain(chain: string, entry: LogEntry): string {
  const digest = hash('sha256', canonicalJson([entry.command, entry.actor, entry.requestId, entry.changes]), 'buffer');
  return linked(chain, entry, digest);
}

/**
 * The same for an entry of many changes.
 * @param forEach calls a function for each change in order, and may pause in between
 */
export async function nextChainInSteps(
  chain: string,
  entry: LogEntry,
  forEach: (changes: readonly LogChange[], visit: (change: LogChange) => void) => Promise<unknown>,
): Promise<string> {
  const digest = createHash('sha256').update(`[${[entry.command, entry.actor, entry.requestId].map(canonicalJson).join()},[`);
  let separator = '';
  await forEach(entry.changes, (change) => {
    digest.update(`${separator}${canonicalJson(change)}`);
    separator = ',';
  });
  return linked(chain, entry, digest.update(']]').digest());
}

function linked(chain: string, { revision }: LogEntry, digest: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${chain}:${revision}:`), digest])).slice(0, 16);
}
