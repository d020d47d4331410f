import { eventPageChangesMax } from '../../database/records/read-log.ts';
import type { Feed } from './feed.ts';
import type { FeedDeps } from './feed-deps.ts';
import type { LogPage } from './log-reader.ts';

/** Read path: pages of one organization's log, for the readers of its events. */

/** The same number as a feed reads at once. */
const pageRevisionsMax = 200;

/**
 * The reads in progress of each feed, by their start and the feed's head at their beginning.
 * Readers that continue after the same change share a read.
 */
const readsOfFeeds = new WeakMap<Feed, Map<string, Promise<LogPage | null>>>();

/**
 * A page that begins with the entry at `revision` and reaches at least the feed's head. The feed
 * then contains all of it, so it has evaluated the rights of its subscriptions.
 */
export function readLogPage(feed: Feed, deps: FeedDeps, revision: number): Promise<LogPage | null> {
  const reads = readsOfFeeds.get(feed) ?? new Map<string, Promise<LogPage | null>>();
  readsOfFeeds.set(feed, reads);
  const key = `${revision}@${feed.head.revision}`;
  const running = reads.get(key);
  if (running) return running;
  const read = readPage(feed, deps, revision).finally(() => reads.delete(key));
  reads.set(key, read);
  return read;
}

async function readPage(feed: Feed, deps: FeedDeps, revision: number): Promise<LogPage | null> {
  const feedRevision = feed.head.revision;
  deps.counters.increment('logReads');
  const page = await deps.reader.readPage(feed.orgId, revision - 1, revision + pageRevisionsMax, eventPageChangesMax);
  if (page) await feed.catchUpTo(page.head, feedRevision);
  return page;
}
