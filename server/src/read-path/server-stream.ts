import type { Bus } from '../bus/bus.ts';
import { type Ending, endingsOf, serverStreamId } from '../domain/server-stream.ts';
import { Feed } from './feed.ts';
import type { FeedDeps } from './feed-deps.ts';
import { bringToChecked, type CheckedHead, type HeadChecks } from './head-checks.ts';

/** Tells this process's connections what ended (rule A5): the live tail of the server's own stream. */

export class ServerStream {
  readonly #deps: FeedDeps;
  readonly #feed: Feed;
  readonly #listener: AsyncDisposable;
  readonly #watch: Disposable;
  #isBeingBrought = false;

  private constructor(deps: FeedDeps, feed: Feed, heads: HeadChecks, listener: AsyncDisposable) {
    this.#deps = deps;
    this.#feed = feed;
    this.#listener = listener;
    // As for organizations: a lost notice is found by looking (rule R2).
    this.#watch = heads.watch({
      watched: () => new Map([[serverStreamId, this.revision]]),
      swept: (checked) => void this.#bringSwept(checked.get(serverStreamId)!),
    });
  }

  /**
   * @param onEnded is told of each ending once, in order
   * @param onGap there may have been endings that nobody can name any more: another history was read
   */
  static async open(
    deps: FeedDeps,
    bus: Bus,
    heads: HeadChecks,
    onEnded: (ending: Ending) => void,
    onGap: () => void,
  ): Promise<ServerStream> {
    let feed: Feed | null = null;
    const listener = await bus.subscribe(serverStreamId, (notice) => feed?.advance(notice));
    feed = await Feed.open(serverStreamId, deps, {
      applied: (entry) => endingsOf(entry.changes).forEach(onEnded),
      reloaded: onGap,
    });
    if (!feed) throw new Error('The server has no stream of its own: the migrations did not run.');
    return new ServerStream(deps, feed, heads, listener);
  }

  get revision(): number {
    return this.#feed.head.revision;
  }

  /** What ended after a revision: for those who were judged meanwhile. Null when that is too long ago to say. */
  endedSince(revision: number): Ending[] | null {
    const net = this.#feed.ring.netChangesAfter(revision);
    return net && endingsOf(net);
  }

  async close(): Promise<void> {
    this.#watch[Symbol.dispose]();
    await this.#listener[Symbol.asyncDispose]();
  }

  async #bringSwept(checked: CheckedHead): Promise<void> {
    if (this.#isBeingBrought) return;
    this.#isBeingBrought = true;
    try {
      await bringToChecked(this.#feed, checked);
    } catch (error) {
      this.#deps.log.debug({ error: String(error) }, 'the server stream could not be brought up to date');
    } finally {
      this.#isBeingBrought = false;
    }
  }
}
