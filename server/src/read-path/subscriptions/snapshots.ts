import {
  type Audience,
  addToChecksum,
  type Checksum,
  canonicalJson,
  changesPerFrameMax,
  checksumOfText,
  emptyChecksum,
  projectRecord,
} from '@rollcall/protocol';
import type { Head } from '../../database/records/read-log.ts';
import type { KindedRecord } from '../../database/records/records-read.ts';
import { countSlots, countVisibleSlots, type SlotCounts, slotsOf } from '../../domain/slots.ts';
import { type Clock, yieldToLoop } from '../../runtime/clock.ts';
import { GrowingList } from '../../runtime/collections/growing-list.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';
import type { Feed } from '../feed/feed.ts';
import type { Frame } from './frame.ts';

/**
 * The records of one audience at one revision. Each part is encoded once, for all subscriptions
 * that need it (rule R10).
 */
export interface Snapshot {
  readonly head: Head;
  readonly partCount: number;
  /**
   * Parts are encoded while earlier ones are sent. Fails with `BootstrapAbandonedError` when the
   * feed reads another history.
   */
  readonly parts: GrowingList<Frame>;
  /** Resolves with the last part. */
  readonly checksum: Promise<Checksum>;
}

/**
 * The number of slots in a part. A record takes one slot of about 350 bytes, so a part has 90 KB
 * and takes some 4 ms to encode before other work runs. A long record takes several slots, so that
 * a part stays below the bytes that a slow socket may have unsent. A part far above that limit
 * would close the socket, at each attempt again.
 */
const slotsPerPart = 250;

/**
 * The time for which a snapshot is kept for other subscriptions, after it was made and after each
 * use. The clients of a reconnect burst arrive within seconds, and the snapshot of a large
 * organization has tens of megabytes.
 */
const keptMs = 10_000;
/**
 * A snapshot with one part is made again in a few milliseconds at most. A reconnect burst that is
 * spread over thousands of organizations would otherwise hold the snapshots of all of them.
 */
const keptMsOfOnePart = 1_000;

/** Records of one revision, in any order. */
interface Source {
  readonly head: Head;
  readonly slots: SlotCounts;
  readonly chunks: AsyncIterable<readonly KindedRecord[]> | Iterable<readonly KindedRecord[]>;
}

interface KeptSnapshot extends Snapshot {
  /** Whether a subscription has taken it again since its time began. */
  isUsedAgain: boolean;
}

/** Builds the snapshots of one feed, at most one per audience at a time. */
export class Snapshots {
  readonly #feed: Feed;
  readonly #counters: Counters;
  readonly #clock: Clock;
  /** Null if there are none, because every feed would need the memory of an empty map. */
  #byAudience: Map<string, KeptSnapshot> | null = null;

  constructor(feed: Feed, { counters, clock }: { readonly counters: Counters; readonly clock: Clock }) {
    this.#feed = feed;
    this.#counters = counters;
    this.#clock = clock;
  }

  get(audience: Audience): Snapshot {
    const kept = this.#byAudience?.get(audience.key);
    if (kept && this.#isRecent(kept)) {
      kept.isUsedAgain = true;
      return kept;
    }
    this.#counters.increment('snapshotBuilds');
    const snapshot = { ...this.#begin(audience, this.#feed.bootstrap ?? captureRecords(this.#feed)), isUsedAgain: false };
    this.#byAudience ??= new Map();
    this.#byAudience.set(audience.key, snapshot);
    snapshot.checksum.then(
      () => this.#dropUnused(audience, snapshot),
      () => this.drop(audience, snapshot),
    );
    return snapshot;
  }

  #dropUnused(audience: Audience, snapshot: KeptSnapshot): void {
    snapshot.isUsedAgain = false;
    this.#clock.after(snapshot.partCount > 1 ? keptMs : keptMsOfOnePart, () => {
      if (snapshot.isUsedAgain) this.#dropUnused(audience, snapshot);
      else this.drop(audience, snapshot);
    });
  }

  /**
   * A snapshot of the feed's present head or a later one. While an older one is being built, waits
   * for its end, so that the requests that arrive in the meantime share the next build. While the
   * feed loads its records, no newer snapshot can be made.
   * @param isWanted false ends the wait with null
   */
  async getCurrent(audience: Audience, isWanted: () => boolean): Promise<Snapshot | null> {
    const asked = this.#feed.head.revision;
    while (isWanted()) {
      const snapshot = this.#byAudience?.get(audience.key) ?? this.get(audience);
      // A revision beyond the head belongs to a history that was replaced by a shorter one.
      const isCurrent = snapshot.head.revision >= Math.min(asked, this.#feed.head.revision);
      if (isCurrent || this.#feed.bootstrap) return snapshot;
      await snapshot.checksum.catch(() => {});
      this.drop(audience, snapshot);
    }
    return null;
  }

  /**
   * The changes since a snapshot are sent with its end, so they must fit into one frame. While the
   * feed still loads its records, no newer snapshot can be made.
   */
  #isRecent({ head }: Snapshot): boolean {
    if (this.#feed.bootstrap) return true;
    const net = this.#feed.ring.netChangesAfter(head.revision);
    return net !== null && net.length <= changesPerFrameMax;
  }

  /** Removes a snapshot, for example one to which the ring no longer reaches back. */
  drop(audience: Audience, snapshot: Snapshot): void {
    if (this.#byAudience?.get(audience.key) !== snapshot) return;
    this.#byAudience.delete(audience.key);
    if (this.#byAudience.size === 0) this.#byAudience = null;
  }

  clear(): void {
    this.#byAudience = null;
  }

  #begin(audience: Audience, source: Source): Snapshot {
    const parts = new GrowingList<Frame>();
    const partCount = Math.max(1, Math.ceil(countVisibleSlots(audience, source.slots) / slotsPerPart));
    const checksum = this.#build(audience, source, parts, partCount);
    checksum.catch((error: unknown) => parts.fail(error));
    return { head: source.head, partCount, parts, checksum };
  }

  /**
   * Builds the parts. A part ends with the record that reaches its share of the slots. No record
   * takes more than half a part. The last part takes the rest. If more slots were counted than the
   * records take, the last parts are empty.
   */
  async #build(audience: Audience, { chunks }: Source, parts: GrowingList<Frame>, partCount: number): Promise<Checksum> {
    let checksum = emptyChecksum;
    let texts: string[] = [];
    let slots = 0;
    const opening = (part: number) => JSON.stringify({ org: this.#feed.orgId, part, parts: partCount }).slice(0, -1);
    const pushPart = () => {
      parts.push({ event: 'snapshot', json: `${opening(parts.length)},"records":[${texts.join(',')}]}` });
      texts = [];
    };
    for await (const chunk of chunks) {
      for (const { kind, record } of chunk) {
        const seen = projectRecord(audience, kind, record);
        if (!seen) continue;
        // The text of the checksum is also that of the frame.
        const text = canonicalJson(seen);
        checksum = addToChecksum(checksum, kind, seen, checksumOfText(kind, seen.id, text));
        texts.push(`{"kind":"${kind}","id":${JSON.stringify(seen.id)},"record":${text}}`);
        slots += slotsOf(kind, seen);
        if (slots < slotsPerPart * (parts.length + 1) || parts.length === partCount - 1) continue;
        pushPart();
        await yieldToLoop(this.#clock);
      }
    }
    while (parts.length < partCount) pushPart();
    parts.end();
    return checksum;
  }
}

/**
 * Captures all records in one tick, so that they are of one revision. The records themselves never
 * change. A hundred thousand take some 3 ms.
 */
function captureRecords({ head, state }: Feed): Source {
  const captured = [...state.kinds()].map((kind) => ({ kind, records: [...state.recordsOf(kind).values()] }));
  function* chunks(): Generator<readonly KindedRecord[]> {
    for (const { kind, records } of captured) {
      for (let from = 0; from < records.length; from += slotsPerPart) {
        yield records.slice(from, from + slotsPerPart).map((record) => ({ kind, record }) as KindedRecord);
      }
    }
  }
  return { head, slots: countSlots(state), chunks: chunks() };
}
