import { addToChecksum, type Checksum, changesPerFrameMax, emptyChecksum, type OrgRecord } from '@rollcall/protocol';
import type { Head } from '../database/read-log.ts';
import { type Audience, projectRecord } from '../domain/audience.ts';
import { yieldToLoop } from '../runtime/clock.ts';
import type { Feed, FeedDeps } from './feed.ts';
import { type Frame, splitForFrames } from './frame.ts';

/** One audience's copy of an organization at one revision, encoded once for all who need it (rule R10). */
export interface Snapshot {
  readonly head: Head;
  readonly parts: readonly Frame[];
  readonly checksum: Checksum;
}

/** Records encoded before others have their turn: about 300 bytes each, some 5 ms. */
const recordsPerTurn = 500;

/** A snapshot is kept this long for others: a reconnect storm comes within seconds, and the copy of a large organization is tens of megabytes. */
const keptForMs = 10_000;

interface Kept {
  /** The feed's head when the build began. */
  readonly revision: number;
  readonly snapshot: Promise<Snapshot>;
}

/** Builds snapshots of one feed, at most one per audience at a time. */
export class Snapshots {
  readonly #feed: Feed;
  readonly #deps: FeedDeps;
  readonly #byAudience = new Map<string, Kept>();

  constructor(feed: Feed, deps: FeedDeps) {
    this.#feed = feed;
    this.#deps = deps;
  }

  get(audience: Audience): Promise<Snapshot> {
    const kept = this.#byAudience.get(audience.key);
    if (kept && this.#isRecent(kept)) return kept.snapshot;
    this.#deps.counters.increment('snapshotBuilds');
    const { revision } = this.#feed.head;
    const snapshot = this.#build(audience);
    this.#byAudience.set(audience.key, { revision, snapshot });
    const drop = () => this.drop(audience, snapshot);
    snapshot.then(() => this.#deps.clock.after(keptForMs, drop), drop);
    return snapshot;
  }

  /** What happened since travels with the snapshot's end: no more of it than one frame holds. */
  #isRecent({ revision }: Kept): boolean {
    const net = this.#feed.ring.netChangesAfter(revision);
    return net !== null && net.length <= changesPerFrameMax;
  }

  /** Forgets a snapshot, such as one that the ring does not reach back to. */
  drop(audience: Audience, snapshot: Promise<Snapshot>): void {
    if (this.#byAudience.get(audience.key)?.snapshot === snapshot) this.#byAudience.delete(audience.key);
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
    const texts: string[] = [];
    let checksum = emptyChecksum;
    for (const { kind, record } of seen) {
      checksum = addToChecksum(checksum, kind, record);
      texts.push(JSON.stringify({ kind, id: record.id, record }));
      if (texts.length % recordsPerTurn === 0) await yieldToLoop(this.#deps.clock);
    }
    const pieces = splitForFrames(texts);
    const parts = pieces.map((piece, part): Frame => {
      const opening = JSON.stringify({ org: orgId, part, parts: pieces.length }).slice(0, -1);
      return { event: 'snapshot', json: `${opening},"records":[${piece.join(',')}]}` };
    });
    return { head, parts, checksum };
  }
}
