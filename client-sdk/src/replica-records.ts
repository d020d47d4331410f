import {
  addToChecksum,
  type Change,
  type Checksum,
  emptyChecksum,
  isSameJson,
  type OrgRecord,
  OrgState,
  subtractFromChecksum,
} from '@rollcall/protocol';
import { deepFreeze } from './json-values.ts';

/**
 * The change of one record. `isForgotten` means that the record is no longer visible, but may still
 * exist.
 */
export interface RecordChange {
  readonly kind: string;
  readonly id: string;
  readonly before: OrgRecord | null;
  readonly after: OrgRecord | null;
  readonly isForgotten: boolean;
}

/**
 * The records of one organization and their running checksum. The cost of applying a change doesn't
 * depend on the organization's size.
 */
export class ReplicaRecords {
  readonly state = new OrgState();
  #checksum: Checksum = emptyChecksum;

  get checksum(): Checksum {
    return this.#checksum;
  }

  /** Adds a record of a snapshot, without reporting a change. */
  add(kind: string, record: OrgRecord): void {
    this.#put(kind, record);
  }

  /**
   * Returns the changes, at most one per record. A record that is put unchanged is not a change.
   */
  apply(changes: readonly Change[]): RecordChange[] {
    const net = new Map<string, RecordChange>();
    for (const change of changes) {
      const { op, kind, id } = change;
      const before = this.state.get(kind, id);
      if (op === 'put' ? isSameJson(before, change.record) : !before) continue;
      const after = op === 'put' ? this.#put(kind, change.record) : this.#remove(kind, id);
      const key = `${kind}/${id}`;
      const earlier = net.get(key);
      net.set(key, { kind, id, before: earlier ? earlier.before : before, after, isForgotten: op === 'forget' });
    }
    return [...net.values()].filter(({ before, after }) => !isSameJson(before, after));
  }

  #put(kind: string, record: OrgRecord): OrgRecord {
    const before = this.state.put(kind, deepFreeze(record));
    if (before) this.#checksum = subtractFromChecksum(this.#checksum, kind, before);
    this.#checksum = addToChecksum(this.#checksum, kind, record);
    return record;
  }

  #remove(kind: string, id: string): null {
    const before = this.state.remove(kind, id);
    if (before) this.#checksum = subtractFromChecksum(this.#checksum, kind, before);
    return null;
  }
}
