import type { PagedKind } from '@rollcall/protocol';
import type { Head } from '../../database/records/read-log.ts';
import { recordKindsOf } from '../../domain/slots.ts';
import { sleep, yieldToLoop } from '../../runtime/clock.ts';
import type { Bootstrap } from './bootstrap.ts';
import type { FeedDeps } from './feed-deps.ts';
import type { RecordsPageAt } from './log-reader.ts';

/**
 * Read path: loads an organization's records into a feed page by page, while the feed already reads
 * the log.
 */

/** The pause between two attempts while the database is unavailable (rule R12). */
const retryIntervalMs = 250;

/** The part of a feed that the loading needs. */
export interface LoadedFeed {
  readonly orgId: string;
  readonly head: Head;
  /** Receives the records. Another bootstrap, or null, means that this loading is obsolete. */
  readonly bootstrap: Bootstrap | null;
  catchUpTo(head: Head, feedRevision: number): Promise<boolean>;
  reload(): Promise<void>;
}

/** @returns whether all records were loaded: false if the loading was abandoned */
export async function loadRecords(feed: LoadedFeed, bootstrap: Bootstrap, deps: FeedDeps): Promise<boolean> {
  // Records of kinds that had none at the start are in the log.
  for (const kind of recordKindsOf(bootstrap.slots)) {
    let after: string | null = null;
    do {
      const page = await untilDone(feed, bootstrap, deps, () => readPage(feed, deps, kind, after));
      if (!page) return false;
      bootstrap.add(page.records);
      after = page.after;
      if (after !== null) await yieldToLoop(deps.clock);
    } while (after !== null);
  }
  bootstrap.finish();
  return true;
}

async function readPage(feed: LoadedFeed, { reader }: FeedDeps, kind: PagedKind, after: string | null): Promise<RecordsPageAt> {
  const feedRevision = feed.head.revision;
  const page = await reader.readRecords(feed.orgId, kind, after);
  if (!page) return { head: feed.head, records: [], after: null };
  await catchUpWith(feed, page.head, feedRevision);
  return page;
}

/**
 * Advances the feed to the head at which records were read. Those that no entry has changed are
 * then current.
 */
export async function catchUpWith(feed: LoadedFeed, head: Head, feedRevision: number): Promise<void> {
  // A database that failed over in between may have lost the revisions that the records contain.
  if (!(await feed.catchUpTo(head, feedRevision))) await feed.reload();
}

/** Repeats the attempt until it succeeds. Null if the loading was abandoned in between. */
async function untilDone<T>(
  feed: LoadedFeed,
  bootstrap: Bootstrap,
  { clock, log }: FeedDeps,
  attempt: () => Promise<T>,
): Promise<T | null> {
  while (feed.bootstrap === bootstrap) {
    try {
      const result = await attempt();
      return feed.bootstrap === bootstrap ? result : null;
    } catch (error) {
      log.warn({ orgId: feed.orgId, error: String(error) }, "could not read an organization's records; trying again");
      await sleep(clock, retryIntervalMs);
    }
  }
  return null;
}
