import type { HeadsReading } from '../../database/records/read-changed-heads.ts';
import type { Head } from '../../database/records/read-log.ts';
import type { LogReader } from '../feed/log-reader.ts';

/**
 * Read path: finds the heads that changed since the previous reading, with one query whose cost
 * depends on the changes only.
 */

/**
 * All heads are also read once in this time, some with each reading, in case the database reports a
 * change to none of the looks. Clients find such a change with their next ping already (rule F1).
 */
const roundMs = 60_000;
/** With 10,000 feeds, each reading reads 50 heads. */
const readingsPerRound = 200;

/** A reading of a database that can report what was committed since. */
interface SeenReading {
  readonly database: string;
  readonly snapshot: string;
}

export interface CheckedHead {
  /** Null if the organization does not exist. */
  readonly head: Head | null;
  /**
   * The feed's revision when the read began. 0 if the feed has not advanced since the previous
   * reading at its head.
   */
  readonly feedRevision: number;
}

/** The feeds of this process. */
export interface WatchedFeeds {
  orgIds(): readonly string[];
  /** 0 if there is no feed. */
  revisionOf(orgId: string): number;
}

export class ChangedHeads {
  readonly #reader: LogReader;
  readonly #feeds: WatchedFeeds;
  /** The previous reading. Null if all heads must be read. */
  #seen: SeenReading | null = null;
  /** The organizations whose heads are still to be read in this round. */
  #round: string[] = [];
  #perReading = 0;
  #roundEndsAt = Number.NEGATIVE_INFINITY;

  constructor(reader: LogReader, feeds: WatchedFeeds) {
    this.#reader = reader;
    this.#feeds = feeds;
  }

  /**
   * The heads that changed since the previous reading, also those of organizations without a feed,
   * and the heads of the given organizations. All heads of the feeds at the first reading, after a
   * failed one, and when the database can't know what changed.
   */
  async read(orgIds: Iterable<string>, now: number): Promise<ReadonlyMap<string, CheckedHead>> {
    const seen = this.#seen;
    this.#seen = null;
    const changed = seen && (await this.#read(seen.snapshot, [...orgIds, ...this.#dueInRound(now)]));
    const { reading, heads } = changed && continues(seen, changed.reading) ? changed : await this.#read(null, this.#feeds.orgIds());
    this.#seen = reading.database === null ? null : { database: reading.database, snapshot: reading.snapshot };
    return heads;
  }

  async #read(since: string | null, orgIds: readonly string[]) {
    const revisions = new Map(orgIds.map((orgId) => [orgId, this.#feeds.revisionOf(orgId)]));
    const reading = await this.#reader.readChangedHeads(since, orgIds);
    const heads = new Map([...reading.heads].map(([orgId, head]) => [orgId, { head, feedRevision: revisions.get(orgId) ?? 0 }]));
    return { reading, heads };
  }

  #dueInRound(now: number): string[] {
    if (this.#round.length === 0 && now >= this.#roundEndsAt) {
      this.#round = [...this.#feeds.orgIds()];
      this.#perReading = Math.ceil(this.#round.length / readingsPerRound);
      this.#roundEndsAt = now + roundMs;
    }
    return this.#round.splice(0, this.#perReading);
  }
}

/**
 * Whether transaction ids of the previous reading mean the same now. A different database is a
 * promoted standby or a restored backup, whose log may have the same ids for other transactions. So
 * may a server whose oldest open transaction is older than before.
 */
function continues(seen: SeenReading, { database, snapshot }: HeadsReading): boolean {
  return database === seen.database && xminOf(snapshot) >= xminOf(seen.snapshot);
}

/** The oldest transaction that was open. */
function xminOf(snapshot: string): bigint {
  return BigInt(snapshot.split(':')[0]!);
}
