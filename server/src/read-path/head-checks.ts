import type { Bus } from '../bus/bus.ts';
import type { Head } from '../database/records/read-log.ts';
import { SharedReads } from '../runtime/shared-reads.ts';
import type { Feed } from './feed.ts';
import type { FeedDeps } from './feed-deps.ts';
import { startBusSweep } from './start-bus-sweep.ts';

/** Read path: asks the database where feeds stand, by one query for all who want to know, and at each sweep for all that are watched. */

/** By organization: the revision that its feed holds. */
export type HeldRevisions = ReadonlyMap<string, number>;

export interface CheckedHead {
  /** Null when there is no such organization. */
  readonly head: Head | null;
  /** Of the feed, when the reading began. */
  readonly heldRevision: number;
}

/** By organization, of all that were asked for. */
export type CheckedHeads = ReadonlyMap<string, CheckedHead>;

/** Whoever has feeds that a lost notice must not leave behind. */
export interface HeadWatcher {
  watched(): HeldRevisions;
  /** Told of what was watched when the reading began, `at`. Must not throw. */
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

  /** Has the watcher's feeds looked at by every sweep, until the result is disposed of. */
  watch(watcher: HeadWatcher): Disposable {
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }

  /** Where organizations stand *now*: the reading begins after the call (rule F1). Rejects while the database is unreachable. */
  async read(held: HeldRevisions): Promise<CheckedHeads> {
    return checkedOf(await this.#reads.read(held.keys()), held);
  }

  close(): void {
    this.#sweeps[Symbol.dispose]();
  }

  #sweepNow(): Promise<void> {
    return this.#sweep().catch((error: unknown) => this.#deps.log.debug({ error: String(error) }, 'a sweep failed'));
  }

  /** Rule R2: finds a lost last notice, which no gap check can. */
  async #sweep(): Promise<void> {
    const watchers = [...this.#watchers].map((watcher) => ({ watcher, held: watcher.watched() }));
    const orgIds = watchers.flatMap(({ held }) => [...held.keys()]);
    if (orgIds.length === 0) return;
    const at = this.#deps.clock.now();
    this.#deps.counters.increment('sweeps');
    // In a storm those who wait to know where they stand are served by the sweep (rule R10), which is never late for them.
    const heads = await this.#reads.readNow(orgIds);
    for (const { watcher, held } of watchers) if (this.#watchers.has(watcher)) watcher.swept(checkedOf(heads, held), at);
  }
}

function checkedOf(heads: ReadonlyMap<string, Head>, held: HeldRevisions): CheckedHeads {
  return new Map([...held].map(([orgId, heldRevision]) => [orgId, { head: heads.get(orgId) ?? null, heldRevision }]));
}

/** Without a head the organization is gone, which its feed finds out by reading anew. */
export async function bringToChecked(feed: Feed, { head, heldRevision }: CheckedHead): Promise<void> {
  if (head) await feed.bringTo(head, heldRevision);
  else await feed.reload();
}
