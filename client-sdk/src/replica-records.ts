import {
  addToChecksum,
  type Change,
  type Checksum,
  emptyChecksum,
  type OrgRecord,
  OrgState,
  subtractFromChecksum,
} from '@rollcall/protocol';
import { deepFreeze, isSameJson } from './json-values.ts';

/** What became of one record. `isForgotten` where it may still exist but is no longer to be seen. */
export interface RecordChange {
  readonly kind: string;
  readonly id: string;
  readonly before: OrgRecord | null;
  readonly after: OrgRecord | null;
  readonly isForgotten: boolean;
}

/** The records of one organization and their running checksum. Applying a change costs the same in an organization of any size. */
export class ReplicaRecords {
  readonly state = new OrgState();
  #checksum: Checksum = emptyChecksum;

  get checksum(): Checksum {
    return this.#checksum;
  }

  /** Without a look at what changed: for records of a snapshot. */
  add(kind: string, record: OrgRecord): void {
    this.#put(kind, record);
  }

  /** Gives what changed, at most once a record; a record put again as it was did not change. */
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
