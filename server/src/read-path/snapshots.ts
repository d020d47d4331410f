import { addToChecksum, type Checksum, changesPerFrameMax, emptyChecksum } from '@rollcall/protocol';
import type { Head } from '../database/records/read-log.ts';
import type { KindedRecord } from '../database/records/records-read.ts';
import { type Audience, projectRecord } from '../domain/audience.ts';
import { countPlaces, countVisible, type Places, placesOf } from '../domain/places.ts';
import { type Clock, yieldToLoop } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import { GrowingList } from '../runtime/growing-list.ts';
import type { Feed } from './feed.ts';
import type { Frame } from './frame.ts';

/** One audience's copy of an organization at one revision, encoded once for all who need it, part by part (rule R10). */
export interface Snapshot {
  readonly head: Head;
  readonly partCount: number;
  /** Made while they are sent. Fails with CopyAbandonedError when the feed reads another history. */
  readonly parts: GrowingList<Frame>;
  /** Known with the last part. */
  readonly checksum: Promise<Checksum>;
}

/**
 * Places in a part, for a record each, which are encoded before others have their turn: about 350 bytes each, so 90 KB and some
 * 4 ms. Long records take several, so that a part stays below what a slow socket may have unsent: what goes far beyond that at
 * once would have the socket closed, again at each attempt.
 */
export const placesPerPart = 250;

/** A snapshot is kept this long for others: a reconnect storm comes within seconds, and the copy of a large organization is tens of megabytes. */
const keptForMs = 10_000;

/** Records of one revision, in any order. */
interface Source {
  readonly head: Head;
  readonly places: Places;
  readonly chunks: AsyncIterable<readonly KindedRecord[]> | Iterable<readonly KindedRecord[]>;
}

/** Builds snapshots of one feed, at most one per audience at a time. */
export class Snapshots {
  readonly #feed: Feed;
  readonly #counters: Counters;
  readonly #clock: Clock;
  readonly #byAudience = new Map<string, Snapshot>();

  constructor(feed: Feed, { counters, clock }: { readonly counters: Counters; readonly clock: Clock }) {
    this.#feed = feed;
    this.#counters = counters;
    this.#clock = clock;
  }

  get(audience: Audience): Snapshot {
    const kept = this.#byAudience.get(audience.key);
    if (kept && this.#isRecent(kept)) return kept;
    this.#counters.increment('snapshotBuilds');
    const snapshot = this.#begin(audience, this.#feed.copy ?? captureRecords(this.#feed));
    this.#byAudience.set(audience.key, snapshot);
    const drop = () => this.drop(audience, snapshot);
    snapshot.checksum.then(() => this.#clock.after(keptForMs, drop), drop);
    return snapshot;
  }

  /** What happened since travels with the snapshot's end: no more of it than one frame holds. While the records are read, no other can be made. */
  #isRecent({ head }: Snapshot): boolean {
    if (this.#feed.copy) return true;
    const net = this.#feed.ring.netChangesAfter(head.revision);
    return net !== null && net.length <= changesPerFrameMax;
  }

  /** Forgets a snapshot, such as one that the ring does not reach back to. */
  drop(audience: Audience, snapshot: Snapshot): void {
    if (this.#byAudience.get(audience.key) === snapshot) this.#byAudience.delete(audience.key);
  }

  clear(): void {
    this.#byAudience.clear();
  }

  #begin(audience: Audience, source: Source): Snapshot {
    const parts = new GrowingList<Frame>();
    const partCount = Math.max(1, Math.ceil(countVisible(audience, source.places) / placesPerPart));
    const checksum = this.#build(audience, source, parts, partCount);
    checksum.catch((error: unknown) => parts.fail(error));
    return { head: source.head, partCount, parts, checksum };
  }

  /**
   * A part ends with the record that reaches its share of all places: no record takes more than half of one. The last part takes
   * what is left, and where more places were counted than the records take, the last ones are empty.
   */
  async #build(audience: Audience, { chunks }: Source, parts: GrowingList<Frame>, partCount: number): Promise<Checksum> {
    let checksum = emptyChecksum;
    let texts: string[] = [];
    let places = 0;
    const opening = (part: number) => JSON.stringify({ org: this.#feed.orgId, part, parts: partCount }).slice(0, -1);
    const pushPart = () => {
      parts.push({ event: 'snapshot', json: `${opening(parts.length)},"records":[${texts.join(',')}]}` });
      texts = [];
    };
    for await (const chunk of chunks) {
      for (const { kind, record } of chunk) {
        const seen = projectRecord(audience, kind, record);
        if (!seen) continue;
        checksum = addToChecksum(checksum, kind, seen);
        texts.push(JSON.stringify({ kind, id: seen.id, record: seen }));
        places += placesOf(kind, seen);
        if (places < placesPerPart * (parts.length + 1) || parts.length === partCount - 1) continue;
        pushPart();
        await yieldToLoop(this.#clock);
      }
    }
    while (parts.length < partCount) pushPart();
    parts.end();
    return checksum;
  }
}

/** All of it in one turn, so that it is of one revision; records themselves never change. A hundred thousand take some 3 ms. */
function captureRecords({ head, state }: Feed): Source {
  const captured = [...state.kinds()].map((kind) => ({ kind, records: [...state.recordsOf(kind).values()] }));
  function* chunks(): Generator<readonly KindedRecord[]> {
    for (const { kind, records } of captured) {
      for (let from = 0; from < records.length; from += placesPerPart) {
        yield records.slice(from, from + placesPerPart).map((record) => ({ kind, record }) as KindedRecord);
      }
    }
  }
  return { head, places: countPlaces(state), chunks: chunks() };
}
