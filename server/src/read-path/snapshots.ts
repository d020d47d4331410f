import { addToChecksum, type Checksum, emptyChecksum, type OrgRecord } from '@rollcall/protocol';
import { type Audience, projectRecord } from '../domain/audience.ts';
import type { Counters } from '../runtime/counters.ts';
import { yieldToLoop } from '../runtime/yield-to-loop.ts';
import type { Feed } from './feed.ts';
import type { Frame } from './frame.ts';

/** One audience's copy of an organization at one revision, encoded once for all who need it (rule R10). */
export interface Snapshot {
  readonly revision: number;
  readonly parts: readonly Frame[];
  readonly checksum: Checksum;
}

/** About 300 bytes each: a part stays near 150 KB, and is made in some 5 ms. */
export const recordsPerPartMax = 500;

/** A snapshot is kept this long for others: a reconnect storm comes within seconds, and the copy of a large organization is tens of megabytes. */
const keptForMs = 10_000;

/** Builds snapshots of one feed, at most one per audience at a time. */
export class Snapshots {
  readonly #feed: Feed;
  readonly #counters: Counters;
  readonly #byAudience = new Map<string, Promise<Snapshot>>();

  constructor(feed: Feed, counters: Counters) {
    this.#feed = feed;
    this.#counters = counters;
  }

  get(audience: Audience): Promise<Snapshot> {
    const kept = this.#byAudience.get(audience.key);
    if (kept) return kept;
    this.#counters.increment('snapshotBuilds');
    const building = this.#build(audience);
    this.#byAudience.set(audience.key, building);
    const drop = () => this.drop(audience, building);
    building.then(() => setTimeout(drop, keptForMs).unref(), drop);
    return building;
  }

  /** Forgets a snapshot, such as one that the ring does not reach back to. */
  drop(audience: Audience, snapshot: Promise<Snapshot>): void {
    if (this.#byAudience.get(audience.key) === snapshot) this.#byAudience.delete(audience.key);
  }

  clear(): void {
    this.#byAudience.clear();
  }

  async #build(audience: Audience): Promise<Snapshot> {
    const { orgId, head, state } = this.#feed;
    // Collected in one turn, so that all of it is of one revision; records themselves never change.
    const seen: { kind: string; record: OrgRecord }[] = [];
    for (const { kind, record } of state.all()) {
      const projected = projectRecord(audience, kind, record);
      if (projected) seen.push({ kind, record: projected });
    }
    const parts: Frame[] = [];
    const partCount = Math.max(1, Math.ceil(seen.length / recordsPerPartMax));
    let checksum = emptyChecksum;
    for (let part = 0; part < partCount; part++) {
      const records = seen.slice(part * recordsPerPartMax, (part + 1) * recordsPerPartMax);
      for (const { kind, record } of records) checksum = addToChecksum(checksum, kind, record);
      const wire = records.map(({ kind, record }) => ({ kind, id: record.id, record }));
      parts.push({ event: 'snapshot', json: JSON.stringify({ org: orgId, part, parts: partCount, records: wire }) });
      await yieldToLoop();
    }
    return { revision: head.revision, parts, checksum };
  }
}
