import { completeOrganization, type LogChange } from '@rollcall/protocol';

/**
 * Logged changes whose organization has every flag and setting that this version knows. The log is
 * never rewritten, so entries of an older version lack the newer ones. The chain is computed from
 * the entries as they were logged.
 */
export function completeChanges(changes: readonly LogChange[]): readonly LogChange[] {
  if (!changes.some(({ kind }) => kind === 'organization')) return changes;
  return changes.map((change) => {
    if (change.kind !== 'organization') return change;
    const { before, after } = change;
    return { ...change, before: before && completeOrganization(before), after: after && completeOrganization(after) };
  });
}
