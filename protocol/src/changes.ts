import * as z from 'zod/mini';
import type { Revision } from './ids.ts';
import type { OrgRecord } from './records.ts';

/** One record's fate within one revision, as the log keeps it. `before` and `after` are null where the record did not exist. */
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
  /** The command that made it: `remove-member`. */
  readonly command: string;
  /** Who: `user:12`, `org-token:7`, `operator`, `system`. */
  readonly actor: string;
  readonly requestId: string | null;
  readonly changes: readonly LogChange[];
}

/** A record of any kind on the wire: an object with a string id. What else is in it is the business of `recordSchemas`. */
export const orgRecordSchema = z.looseObject({ id: z.string() }) as unknown as z.ZodMiniType<OrgRecord>;

/**
 * A change as a client sees it: the last value of a record (`put`), its end (`remove`), or that one may no longer
 * see it (`forget`, only in steps with `view`). The op is open, so that an unknown one is noticed and not misread.
 */
export const changeSchema = z.looseObject({ op: z.string(), kind: z.string(), id: z.string(), record: z.optional(orgRecordSchema) });

export type Change =
  | { readonly op: 'put'; readonly kind: string; readonly id: string; readonly record: OrgRecord }
  | { readonly op: 'remove' | 'forget'; readonly kind: string; readonly id: string };

/** Joins consecutive entries into one net change per record; a record that ends as it began is left out. Order of first touch. */
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
