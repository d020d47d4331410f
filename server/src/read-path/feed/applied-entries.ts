import type { LogEntry, OrgState, RetentionRecord } from '@rollcall/protocol';

/**
 * The entry with each `before` as the state contains it, and so as it was sent. A newer version may
 * log fields that this version does not read from its tables. A checksum without the logged record,
 * instead of the sent one, would then differ from that of every replica.
 */
export function withStateBefore(entry: LogEntry, state: OrgState): LogEntry {
  return { ...entry, changes: entry.changes.map((change) => ({ ...change, before: state.get(change.kind, change.id) ?? change.before })) };
}

/**
 * The floor that an entry sets. The command that prunes the log puts it into a record, so that each
 * feed has the new floor as soon as it contains that revision. 0 if the entry sets none.
 */
export function floorIn({ changes }: LogEntry): number {
  const retention = changes.find(({ kind }) => kind === 'retention')?.after as Partial<RetentionRecord> | null | undefined;
  return retention?.prunedThrough ?? 0;
}
