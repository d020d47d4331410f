import { type Change, isSameJson, type SnapshotFrame } from '@rollcall/protocol';
import { type RecordChange, ReplicaRecords } from './replica-records.ts';

/**
 * A replica that is being loaded. It takes the parts of a snapshot as they arrive, so that no
 * single part takes long, and collects the differences from the previous replica.
 */
export class PendingReplica {
  readonly records = new ReplicaRecords();
  /** Null for a first replica, which has no differences. */
  readonly #previous: ReplicaRecords | null;
  readonly #differences = new Map<string, RecordChange>();

  constructor(previous: ReplicaRecords | null) {
    this.#previous = previous;
  }

  /**
   * Reuses the previous replica's record if it is equal, so that an unchanged record stays the same
   * object.
   */
  take(records: SnapshotFrame['records']): void {
    for (const { kind, record } of records) {
      const before = this.#previous?.state.get(kind, record.id) ?? null;
      const isSame = before !== null && isSameJson(before, record);
      this.records.add(kind, isSame ? before : record);
      if (this.#previous && !isSame) this.#note({ kind, id: record.id, before, after: record, isForgotten: false });
    }
  }

  /**
   * Called after the last part. Returns the differences from the previous replica, or none for a
   * first replica.
   */
  finish(changes: readonly Change[]): readonly RecordChange[] {
    const applied = this.records.apply(changes);
    if (!this.#previous) return [];
    const { state } = this.#previous;
    for (const { kind, id, after } of applied) this.#note({ kind, id, before: state.get(kind, id), after, isForgotten: false });
    for (const { kind, record } of state.all()) {
      const { id } = record;
      if (!this.records.state.get(kind, id)) this.#note({ kind, id, before: record, after: null, isForgotten: false });
    }
    return [...this.#differences.values()].filter(({ before, after }) => !isSameJson(before, after));
  }

  #note(change: RecordChange): void {
    this.#differences.set(`${change.kind}/${change.id}`, change);
  }
}
