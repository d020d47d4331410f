import { canonicalJson, type LogChange, type OrgRecord, type OrgState, type RecordKind, type RecordOfKind } from '@rollcall/protocol';

/**
 * Collects the effects of many steps on a state as one net change per record, because a revision
 * contains each record at most once.
 */
export class PendingChanges {
  readonly #state: OrgState;
  readonly #first = new Map<string, { readonly kind: string; readonly id: string; readonly before: OrgRecord | null }>();

  /** Steps are applied to `state` itself, so that each step sees the effects of earlier ones. */
  constructor(state: OrgState) {
    this.#state = state;
  }

  put<K extends RecordKind>(kind: K, record: RecordOfKind[K]): void {
    this.#note(kind, record.id, this.#state.put(kind, record as unknown as OrgRecord));
  }

  remove(kind: RecordKind, id: string): void {
    this.#note(kind, id, this.#state.remove(kind, id));
  }

  /**
   * Changes in the order in which their records were first touched. A record that ends as it began
   * is left out.
   */
  net(): LogChange[] {
    const changes: LogChange[] = [];
    for (const { kind, id, before } of this.#first.values()) {
      const after = this.#state.get(kind, id);
      if (canonicalJson(before) !== canonicalJson(after)) changes.push({ kind, id, before, after });
    }
    return changes;
  }

  #note(kind: string, id: string, before: OrgRecord | null): void {
    const key = `${kind}/${id}`;
    if (!this.#first.has(key)) this.#first.set(key, { kind, id, before });
  }
}
