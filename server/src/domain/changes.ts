import { canonicalJson, type LogChange, OrgState, type RecordKind, type RecordOfKind } from '@rollcall/protocol';

export function created<K extends RecordKind>(kind: K, record: RecordOfKind[K]): LogChange {
  return { kind, id: record.id, before: null, after: record };
}

/**
 * Returns no change if nothing differs, because a command that changes nothing makes no revision
 * (rule W3).
 */
export function updated<K extends RecordKind>(kind: K, before: RecordOfKind[K], after: RecordOfKind[K]): LogChange[] {
  return canonicalJson(before) === canonicalJson(after) ? [] : [{ kind, id: after.id, before, after }];
}

export function removed<K extends RecordKind>(kind: K, record: RecordOfKind[K]): LogChange {
  return { kind, id: record.id, before: record, after: null };
}

/** The state after the changes, as a new object. */
export function stateAfter(state: OrgState, changes: readonly LogChange[]): OrgState {
  const after = new OrgState();
  for (const kind of state.kinds()) for (const record of state.recordsOf(kind).values()) after.put(kind, record);
  for (const { kind, id, after: record } of changes) {
    if (record) after.put(kind, record);
    else after.remove(kind, id);
  }
  return after;
}
