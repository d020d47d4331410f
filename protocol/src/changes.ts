import * as z from 'zod/mini';
import type { Revision } from './ids.ts';
import type { OrgRecord } from './records.ts';

/**
 * The change of one record within one revision, as stored in the log. `before` or `after` is null
 * if the record did not exist.
 */
export interface LogChange {
  readonly kind: string;
  readonly id: string;
  readonly before: OrgRecord | null;
  readonly after: OrgRecord | null;
}

/** One revision in the log. A record appears at most once. */
export interface LogEntry {
  readonly orgId: string;
  readonly revision: Revision;
  /** The command that created the revision: `remove-member`. */
  readonly command: string;
  /** The actor: `user:12`, `org-token:7`, `operator`, `system`. */
  readonly actor: string;
  readonly requestId: string | null;
  readonly changes: readonly LogChange[];
}

/**
 * A record of any kind on the wire: an object with a string id. `recordKinds` defines the other
 * fields.
 */
export const orgRecordSchema = z.looseObject({ id: z.string() }) as unknown as z.ZodMiniType<OrgRecord>;

/**
 * A change as a client receives it. `put` contains the record's last value, `remove` ends the
 * record, and `forget` (only in steps with `view`) means that it is no longer visible. The op is an
 * open string, so that an unknown op is detected.
 */
export const changeSchema = z.looseObject({ op: z.string(), kind: z.string(), id: z.string(), record: z.optional(orgRecordSchema) });

export type Change =
  | { readonly op: 'put'; readonly kind: string; readonly id: string; readonly record: OrgRecord }
  | { readonly op: 'remove' | 'forget'; readonly kind: string; readonly id: string };

/**
 * Merges consecutive entries into one net change per record, in the order of the first change. A
 * record that ends as it began is left out.
 */
export function coalesceChanges(entries: Iterable<{ readonly changes: readonly LogChange[] }>): LogChange[] {
  const net = new Map<string, LogChange>();
  for (const entry of entries) {
    for (const change of entry.changes) {
      const key = `${change.kind}/${change.id}`;
      const earlier = net.get(key);
      net.set(key, earlier ? { ...change, before: earlier.before } : change);
    }
  }
  return [...net.values()].filter((change) => change.before !== null || change.after !== null);
}
