import type { Bus } from '../../bus/bus.ts';
import type { Head } from '../../database/records/read-log.ts';
import { serverStreamId } from '../../domain/server-stream.ts';
import { SharedReads } from '../../runtime/tasks/shared-reads.ts';
import type { Feed } from '../feed/feed.ts';
import type { FeedDeps } from '../feed/feed-deps.ts';
import { ChangedHeads, type CheckedHead } from './changed-heads.ts';
import { startBusSweep } from './start-bus-sweep.ts';

/**
 * Read path: reads the heads of organizations, with one query for all concurrent callers, and those
 * that changed in each sweep.
 */

/** The revision of each organization's feed. */
export type FeedRevisions = ReadonlyMap<string, number>;

/** The result for each requested organization. */
export type CheckedHeads = ReadonlyMap<string, CheckedHead>;

/** An owner of feeds. The sweep finds the changes whose notices were lost. */
export interface HeadWatcher {
  /** The organizations of its feeds. */
  watched(): readonly string[];
  /** The revision of its feed of an organization. Null if it has none. */
  revisionOf(orgId: string): number | null;
  /**
   * Receives the heads that changed since the previous sweep, also those of organizations that it
   * does not watch. Each change is reported once, so if a feed can't be brought up to it, call
   * `checkAgain`. The read began at `at`. Must not throw.
   */
  swept(heads: CheckedHeads, at: number): void;
}

export class HeadChecks {
  readonly #deps: FeedDeps;
  readonly #reads: SharedReads<Head>;
  readonly #watchers = new Set<HeadWatcher>();
  readonly #changed: ChangedHeads;
  readonly #sweeps: Disposable;
  /** The organizations whose heads the next sweep reads even if they have not changed. */
  #again = new Set<string>();
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(deps: FeedDeps, bus: Bus) {
    this.#deps = deps;
    this.#reads = new SharedReads(deps.clock, async (orgIds) => {
      deps.counters.increment('headReads');
      return new Map((await deps.reader.readHeads(orgIds)).map((head) => [head.orgId, head]));
    });
    this.#changed = new ChangedHeads(deps.reader, {
      orgIds: () => [...this.#watchers].flatMap((watcher) => watcher.watched()),
      revisionOf: (orgId) => Math.max(0, ...[...this.#watchers].map((watcher) => watcher.revisionOf(orgId) ?? 0)),
    });
    this.#sweeps = startBusSweep(deps.clock, bus, () => this.#sweepNext());
  }

  /** Adds the watcher's feeds to every sweep, until the result is disposed. */
  watch(watcher: HeadWatcher): Disposable {
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }

  /**
   * Lets the next sweep compare the feed with the database, even if the database reports no change.
   * Call it when a feed was opened, has advanced, or could not be brought up to a head. A feed may
   * have begun, or have applied notices, after a reading that did not see them: a failing database
   * loses revisions whose notices were sent.
   */
  checkAgain(orgId: string): void {
    this.#again.add(orgId);
  }

  /**
   * The current heads: the read begins after the call (rule F1). Rejects while the database is
   * unreachable.
   */
  async read(revisions: FeedRevisions): Promise<CheckedHeads> {
    const heads = await this.#reads.read(revisions.keys());
    return new Map([...revisions].map(([orgId, feedRevision]) => [orgId, { head: heads.get(orgId) ?? null, feedRevision }]));
  }

  close(): void {
    this.#sweeps[Symbol.dispose]();
  }

  /** The sweep that begins next. Sweeps run one after another. Never rejects. */
  #sweepNext(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      this.#running = this.#sweep().catch((error: unknown) =>
        this.#deps.log.debug({ error: String(error) }, 'could not sweep the heads of organizations; the next sweep tries again'),
      );
      return this.#running;
    });
    return this.#next;
  }

  /** Rule R2: finds a lost last notice, which no gap check can. */
  async #sweep(): Promise<void> {
    // Callers of a reconnect burst wait no longer than until the next sweep (rule R10).
    this.#reads.beginNow();
    const at = this.#deps.clock.now();
    this.#deps.counters.increment('sweeps');
    const again = this.#again;
    this.#again = new Set();
    const heads = await this.#changed.read(again, at);
    for (const watcher of this.#watchers) watcher.swept(heads, at);
  }
}

/** Without a head the organization was removed. Reading everything again then empties its feed. */
export async function catchUpToChecked(feed: Feed, { head, feedRevision }: CheckedHead): Promise<void> {
  if (head) await feed.catchUpTo(head, feedRevision);
  // A reload lets the next sweep check the feed again. Without this condition, each sweep would
  // cause another one.
  else if (feed.state.organization || feed.orgId === serverStreamId) await feed.reload();
}
