import type { OrganizationRecord } from '@rollcall/protocol';
import type { Db } from '../database/database.ts';
import { type CommittedEntry, eventPageChangesMax, type Head, readEntries } from '../database/records/read-log.ts';
import { readOrganization } from '../database/records/records-read.ts';
import { Semaphore } from '../runtime/limits/semaphore.ts';
import type { LogConsumer, OpenConsumer } from './log-consumer.ts';

const pageRevisions = 100;

/**
 * Reads at the same time. Commands use the same ten connections, and a read takes up to two of
 * them.
 */
const parallelReadsMax = 3;

/** Everything that a delivery depends on, besides the log. */
export interface Present {
  readonly consumer: OpenConsumer;
  readonly organization: OrganizationRecord;
}

/** The reads at one head of an organization. */
interface Reads {
  readonly head: Head;
  organization: Promise<OrganizationRecord | null> | null;
  /** The open consumers, by kind and record id. */
  readonly opened: Map<string, Promise<ReadonlyMap<string, OpenConsumer>>>;
  /** The last page that was read. */
  page: { readonly first: number; readonly entries: Promise<readonly CommittedEntry[]> } | null;
}

/**
 * Reads for the runs of an instance. Up to twenty webhooks need the same entries after each commit,
 * so what one run reads serves the others. The organization and the outlets' records change with
 * its head only, so they are read again when the head is another one.
 */
export class HeadReads {
  readonly #db: Db;
  readonly #byOrg = new Map<string, Reads>();
  readonly #queries = new Semaphore({ concurrentMax: parallelReadsMax });

  constructor(db: Db) {
    this.#db = db;
  }

  /** Returns null if the organization or the record is gone, or the record is disabled. */
  async readPresent(head: Head, consumer: LogConsumer, recordId: string): Promise<Present | null> {
    const reads = this.#readsAt(head);
    const { orgId } = head;
    reads.organization ??= this.#queries.run(() => readOrganization(this.#db, orgId));
    const opening = reads.opened.get(consumer.kind) ?? this.#queries.run(() => consumer.open(orgId));
    reads.opened.set(consumer.kind, opening);
    const [organization, opened] = await this.#orForget(reads, Promise.all([reads.organization, opening]));
    const open = opened.get(recordId);
    return organization && open ? { organization, consumer: open } : null;
  }

  /** A page of the log that begins with this revision, or before it. */
  async readPage(head: Head, revision: number): Promise<readonly CommittedEntry[]> {
    const reads = this.#readsAt(head);
    while (reads.page && reads.page.first <= revision) {
      const { page } = reads;
      const entries = await this.#orForget(reads, page.entries);
      if (entries.some((entry) => entry.revision >= revision)) return entries;
      // Otherwise another run has requested the next page in the meantime.
      if (reads.page === page) break;
    }
    const last = Math.min(head.revision, revision - 1 + pageRevisions);
    const entries = this.#queries.run(() => readEntries(this.#db, head.orgId, revision - 1, last, eventPageChangesMax));
    reads.page = { first: revision, entries };
    return this.#orForget(reads, entries);
  }

  /** Forgets the other organizations. */
  releaseExcept(orgIds: ReadonlySet<string>): void {
    for (const orgId of this.#byOrg.keys()) if (!orgIds.has(orgId)) this.#byOrg.delete(orgId);
  }

  #readsAt(head: Head): Reads {
    const { orgId } = head;
    const known = this.#byOrg.get(orgId);
    if (known && isSameHead(known.head, head)) return known;
    const reads: Reads = { head, organization: null, opened: new Map(), page: null };
    this.#byOrg.set(orgId, reads);
    return reads;
  }

  async #orForget<Result>(reads: Reads, reading: Promise<Result>): Promise<Result> {
    try {
      return await reading;
    } catch (error) {
      if (this.#byOrg.get(reads.head.orgId) === reads) this.#byOrg.delete(reads.head.orgId);
      throw error;
    }
  }
}

function isSameHead(a: Head, b: Head): boolean {
  return a.revision === b.revision && a.epoch === b.epoch && a.chain === b.chain;
}
