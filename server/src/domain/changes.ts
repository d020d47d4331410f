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

/** A copy of the state with the changes. */
export function stateAfter(state: OrgState, changes: readonly LogChange[]): OrgState {
  const copy = new OrgState();
  for (const kind of state.kinds()) for (const record of state.recordsOf(kind).values()) copy.put(kind, record);
  for (const { kind, id, after } of changes) {
    if (after) copy.put(kind, after);
    else copy.remove(kind, id);
  }
  return copy;
}
