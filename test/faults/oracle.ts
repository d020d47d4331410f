import assert from 'node:assert/strict';
import {
  type Audience,
  addToChecksum,
  type Checksum,
  emptyChecksum,
  type LogEntry,
  type OrgRecord,
  OrgState,
  projectRecord,
  subtractFromChecksum,
} from '../../protocol/src/index.ts';
import type { Db } from '../../server/src/database/database.ts';
import { readEntries, readHeads } from '../../server/src/database/records/read-log.ts';
import { readAllRecords } from '../../server/src/database/records/record-tables.ts';
import { evaluateAccess, type Viewer } from '../../server/src/domain/evaluate-access.ts';

const revisionsPerPage = 500;

/**
 * One organization according to its log, revision by revision, read from the database without a
 * server.
 */
export class Oracle {
  readonly orgId: string;
  readonly #db: Db;
  readonly #state = new OrgState();
  readonly #sums = new Map<string, { readonly audience: Audience; sum: Checksum }>();
  revision = 0;

  constructor(db: Db, orgId: string) {
    this.#db = db;
    this.orgId = orgId;
  }

  /**
   * Continues to the end of the log, and calls `visit` for each entry once the state contains it.
   */
  async advance(visit: (entry: LogEntry) => void): Promise<void> {
    const [head] = await readHeads(this.#db, [this.orgId]);
    while (this.revision < head!.revision) {
      const page = await readEntries(this.#db, this.orgId, this.revision, this.revision + revisionsPerPage);
      assert.ok(page.length > 0, `the log of ${this.orgId} ends at ${this.revision}, its head is ${head!.revision}`);
      for (const entry of page) {
        this.#apply(entry);
        visit(entry);
      }
    }
    await this.#compareWithTables();
  }

  /** Null without access. */
  audienceOf(viewer: Viewer): Audience | null {
    const access = evaluateAccess(this.#state, viewer, Date.now());
    return 'audience' in access ? access.audience : null;
  }

  sumFor(audience: Audience): Checksum {
    const known = this.#sums.get(audience.key);
    if (known) return known.sum;
    let sum = emptyChecksum;
    for (const [kind, record] of this.#seenBy(audience)) sum = addToChecksum(sum, kind, record);
    this.#sums.set(audience.key, { audience, sum });
    return sum;
  }

  recordsFor(audience: Audience): Map<string, OrgRecord> {
    return new Map([...this.#seenBy(audience)].map(([kind, record]) => [`${kind}/${record.id}`, record]));
  }

  #apply({ revision, changes }: LogEntry): void {
    assert.equal(revision, this.revision + 1, `[W1] the log of ${this.orgId} has a gap`);
    for (const { kind, id, before, after } of changes) {
      for (const known of this.#sums.values()) known.sum = changed(known.sum, known.audience, kind, before, after);
      if (after) this.#state.put(kind, after);
      else this.#state.remove(kind, id);
    }
    this.revision = revision;
  }

  *#seenBy(audience: Audience): Generator<[string, OrgRecord]> {
    for (const { kind, record } of this.#state.all()) {
      const seen = projectRecord(audience, kind, record);
      if (seen) yield [kind, seen];
    }
  }

  /** The log and the tables contain the same history. */
  async #compareWithTables(): Promise<void> {
    const stored = await readAllRecords(this.#db, this.orgId);
    const key = ({ kind, record }: { kind: string; record: OrgRecord }) => `${kind}/${record.id}`;
    const byKey = (records: Iterable<{ kind: string; record: OrgRecord }>) => new Map([...records].map((one) => [key(one), one.record]));
    assert.deepEqual(byKey(this.#state.all()), byKey(stored), `[W1] the folded log of ${this.orgId} differs from its tables`);
  }
}

function changed(sum: Checksum, audience: Audience, kind: string, before: OrgRecord | null, after: OrgRecord | null): Checksum {
  const seenBefore = before && projectRecord(audience, kind, before);
  const seenAfter = after && projectRecord(audience, kind, after);
  const without = seenBefore ? subtractFromChecksum(sum, kind, seenBefore) : sum;
  return seenAfter ? addToChecksum(without, kind, seenAfter) : without;
}
