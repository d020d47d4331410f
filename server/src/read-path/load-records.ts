import type { Head } from '../database/records/read-log.ts';
import type { PagedKind } from '../database/records/records-in-pages.ts';
import { sleep, yieldToLoop } from '../runtime/clock.ts';
import type { EntryRing } from './entry-ring.ts';
import type { FeedDeps } from './feed-deps.ts';
import type { RecordsPage } from './log-reader.ts';
import type { StartCopy } from './start-copy.ts';

/** Read path: brings an organization's records into a feed that is at work already, page by page. */

/** Few first: a large organization's members do not keep its teams waiting. */
const kindsInOrder: readonly PagedKind[] = [
  'team',
  'project',
  'project-team',
  'project-key',
  'project-settings',
  'auth-token',
  'audit-entry',
  'access-request',
  'member',
  'team-member',
];

/** While the database is away (rule R12). */
const retryIntervalMs = 250;

/** What the loading needs of its feed. */
export interface LoadedFeed {
  readonly orgId: string;
  readonly head: Head;
  /** The copy that is under way. Another, or none, when this loading is of no more use. */
  readonly copy: StartCopy | null;
  readonly ring: EntryRing;
  bringTo(head: Head, heldRevision: number): Promise<void>;
  reload(): Promise<void>;
}

/** Returns whether the copy is whole: false when it was given up. */
export async function loadRecords(feed: LoadedFeed, copy: StartCopy, deps: FeedDeps): Promise<boolean> {
  for (const kind of kindsInOrder) {
    if (!hasAny(copy, kind)) continue;
    let after: string | null = null;
    do {
      const page = await untilDone(feed, copy, deps, () => readPage(feed, deps, kind, after));
      if (!page) return false;
      copy.take(page.records);
      after = page.after;
      if (after !== null) await yieldToLoop(deps.clock);
    } while (after !== null);
  }
  copy.finish();
  return true;
}

/** What comes after the start is in the log; a kind that had none then is not looked for. */
function hasAny({ places }: StartCopy, kind: PagedKind): boolean {
  const total = kind === 'member' ? places.member + places.invite + places['join-request'] : places[kind];
  return total > 0;
}

async function readPage(feed: LoadedFeed, { reader }: FeedDeps, kind: PagedKind, after: string | null): Promise<RecordsPage> {
  const heldRevision = feed.head.revision;
  const page = await reader.readRecords(feed.orgId, kind, after);
  if (!page) return { head: feed.head, records: [], after: null };
  await bringUpTo(feed, page.head, heldRevision);
  return page;
}

/** Has the feed hold all that records of `head` show: then those that no entry has touched are as they say. */
export async function bringUpTo(feed: LoadedFeed, head: Head, heldRevision: number): Promise<void> {
  await feed.bringTo(head, heldRevision);
  // A database that failed over meanwhile may have lost what the records show.
  if (feed.ring.chainAt(head.revision) !== head.chain) await feed.reload();
}

/** Tries until it goes well. Null when the copy was given up meanwhile. */
async function untilDone<T>(feed: LoadedFeed, copy: StartCopy, { clock, log }: FeedDeps, attempt: () => Promise<T>): Promise<T | null> {
  while (feed.copy === copy) {
    try {
      const result = await attempt();
      return feed.copy === copy ? result : null;
    } catch (error) {
      log.warn({ orgId: feed.orgId, error: String(error) }, 'a feed could not read the records, and tries again');
      await sleep(clock, retryIntervalMs);
    }
  }
  return null;
}
