import type { Bus } from '../bus/bus.ts';
import type { Head } from '../database/records/read-log.ts';
import { SharedReads } from '../runtime/shared-reads.ts';
import type { Feed } from './feed.ts';
import type { FeedDeps } from './feed-deps.ts';
import { startBusSweep } from './start-bus-sweep.ts';

/**
 * Read path: reads the heads of organizations, with one query for all concurrent callers, and of
 * all watched feeds in each sweep.
 */

/** The revision of each organization's feed. */
export type FeedRevisions = ReadonlyMap<string, number>;

export interface CheckedHead {
  /** Null if the organization does not exist. */
  readonly head: Head | null;
  /** The feed's revision when the read began. */
  readonly feedRevision: number;
}

/** The result for each requested organization. */
export type CheckedHeads = ReadonlyMap<string, CheckedHead>;

/** An owner of feeds. The sweep finds the changes whose notices were lost. */
export interface HeadWatcher {
  watched(): FeedRevisions;
  /**
   * Receives the heads of the feeds that were watched at `at`, when the read began. Must not throw.
   */
  swept(heads: CheckedHeads, at: number): void;
}

export class HeadChecks {
  readonly #deps: FeedDeps;
  readonly #reads: SharedReads<Head>;
  readonly #watchers = new Set<HeadWatcher>();
  readonly #sweeps: Disposable;

  constructor(deps: FeedDeps, bus: Bus) {
    this.#deps = deps;
    this.#reads = new SharedReads(deps.clock, async (orgIds) => {
      deps.counters.increment('headReads');
      return new Map((await deps.reader.readHeads(orgIds)).map((head) => [head.orgId, head]));
    });
    this.#sweeps = startBusSweep(deps.clock, bus, () => this.#sweepNow());
  }

  /** Adds the watcher's feeds to every sweep, until the result is disposed. */
  watch(watcher: HeadWatcher): Disposable {
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }

  /**
   * The current heads: the read begins after the call (rule F1). Rejects while the database is
   * unreachable.
   */
  async read(revisions: FeedRevisions): Promise<CheckedHeads> {
    return checkedOf(await this.#reads.read(revisions.keys()), revisions);
  }

  close(): void {
    this.#sweeps[Symbol.dispose]();
  }

  #sweepNow(): Promise<void> {
    return this.#sweep().catch((error: unknown) =>
      this.#deps.log.debug({ error: String(error) }, 'could not sweep the heads of organizations; the next sweep tries again'),
    );
  }

  /** Rule R2: finds a lost last notice, which no gap check can. */
  async #sweep(): Promise<void> {
    const watchers = [...this.#watchers].map((watcher) => ({ watcher, revisions: watcher.watched() }));
    const orgIds = watchers.flatMap(({ revisions }) => [...revisions.keys()]);
    if (orgIds.length === 0) return;
    const at = this.#deps.clock.now();
    this.#deps.counters.increment('sweeps');
    // The sweep's read also serves the callers that wait for a read, which saves queries in a
    // reconnect burst (rule R10).
    const heads = await this.#reads.readNow(orgIds);
    for (const { watcher, revisions } of watchers) if (this.#watchers.has(watcher)) watcher.swept(checkedOf(heads, revisions), at);
  }
}

function checkedOf(heads: ReadonlyMap<string, Head>, revisions: FeedRevisions): CheckedHeads {
  return new Map([...revisions].map(([orgId, feedRevision]) => [orgId, { head: heads.get(orgId) ?? null, feedRevision }]));
}

/** Without a head the organization was removed. Reading everything again then empties its feed. */
export async function catchUpToChecked(feed: Feed, { head, feedRevision }: CheckedHead): Promise<void> {
  if (head) await feed.catchUpTo(head, feedRevision);
  else await feed.reload();
}
