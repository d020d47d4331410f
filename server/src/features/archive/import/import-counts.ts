import type { LogChange } from '@rollcall/protocol';
import type { AuditEvent } from '../../../domain/audit/audit.ts';

/** Records that an import added, changed and removed, by kind and operation: `members added`. */
export type ImportCounts = Readonly<Record<string, number>>;

const plurals: Readonly<Record<string, string>> = {
  member: 'members',
  team: 'teams',
  'team-member': 'team memberships',
  project: 'projects',
  'project-team': 'team projects',
  'project-key': 'client keys',
};

export function countChanges(before: ImportCounts, changes: readonly LogChange[]): ImportCounts {
  const counts: Record<string, number> = { ...before };
  for (const change of changes) {
    const what = `${plurals[change.kind] ?? change.kind} ${change.before === null ? 'added' : change.after === null ? 'removed' : 'changed'}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

/**
 * Returns one audit event for a whole import, because it has too many lines to list each. Returns
 * none if the import changed nothing.
 */
export function importAudited(orgId: string, counts: ImportCounts): AuditEvent[] {
  const entries = Object.entries(counts);
  if (entries.length === 0) return [];
  const note = `imported a history (${entries.map(([what, count]) => `${what}: ${count}`).join(', ')})`;
  const data = Object.fromEntries(entries.map(([what, count]) => [what.replaceAll(' ', '_'), String(count)]));
  return [{ event: 'org.edit', targetObject: orgId, targetUser: null, note, data }];
}
