import type { HeadsLook } from '../../database/records/read-changed-heads.ts';
import type { Head } from '../../database/records/read-log.ts';
import type { LogReader } from '../feed/log-reader.ts';

/**
 * Read path: finds the heads that changed since the previous look, with one query whose cost
 * depends on the changes only.
 */

/**
 * All heads are also read once in this time, some with each look, in case the database reports a
 * change to none of the looks. Clients find such a change with their next ping already (rule F1).
 */
const roundMs = 60_000;
/** With 10,000 feeds, each look reads 50 heads. */
const looksPerRound = 200;

/** A look at a database that can report what was committed since. */
interface SeenLook {
  readonly database: string;
  readonly snapshot: string;
}

export interface CheckedHead {
  /** Null if the organization does not exist. */
  readonly head: Head | null;
  /**
   * The feed's revision when the read began. 0 if the feed has not advanced since the previous look
   * at its head.
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
  /** The previous look. Null if all heads must be read. */
  #seen: SeenLook | null = null;
  /** The organizations whose heads are still to be read in this round. */
  #round: string[] = [];
  #perLook = 0;
  #roundEndsAt = Number.NEGATIVE_INFINITY;

  constructor(reader: LogReader, feeds: WatchedFeeds) {
    this.#reader = reader;
    this.#feeds = feeds;
  }

  /**
   * The heads that changed since the previous look, also those of organizations without a feed, and
   * the heads of the given organizations. All heads of the feeds at the first look, after a failed
   * one, and when the database can't know what changed.
   */
  async read(orgIds: Iterable<string>, now: number): Promise<ReadonlyMap<string, CheckedHead>> {
    const seen = this.#seen;
    this.#seen = null;
    const changed = seen && (await this.#look(seen.snapshot, [...orgIds, ...this.#dueInRound(now)]));
    const { look, heads } = changed && continues(seen, changed.look) ? changed : await this.#look(null, this.#feeds.orgIds());
    this.#seen = look.database === null ? null : { database: look.database, snapshot: look.snapshot };
    return heads;
  }

  async #look(since: string | null, orgIds: readonly string[]) {
    const revisions = new Map(orgIds.map((orgId) => [orgId, this.#feeds.revisionOf(orgId)]));
    const look = await this.#reader.lookAtHeads(since, orgIds);
    const heads = new Map([...look.heads].map(([orgId, head]) => [orgId, { head, feedRevision: revisions.get(orgId) ?? 0 }]));
    return { look, heads };
  }

  #dueInRound(now: number): string[] {
    if (this.#round.length === 0 && now >= this.#roundEndsAt) {
      this.#round = [...this.#feeds.orgIds()];
      this.#perLook = Math.ceil(this.#round.length / looksPerRound);
      this.#roundEndsAt = now + roundMs;
    }
    return this.#round.splice(0, this.#perLook);
  }
}

/**
 * Whether transaction ids of the previous look mean the same now. A different database is a
 * promoted standby or a restored backup, whose log may have the same ids for other transactions. So
 * may a server whose oldest open transaction is older than before.
 */
function continues(seen: SeenLook, { database, snapshot }: HeadsLook): boolean {
  return database === seen.database && xminOf(snapshot) >= xminOf(seen.snapshot);
}

/** The oldest transaction that was open. */
function xminOf(snapshot: string): bigint {
  return BigInt(snapshot.split(':')[0]!);
}
