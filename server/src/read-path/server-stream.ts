import type { Bus, RevisionRange } from '../bus/bus.ts';
import { type Revocation, revocationsOf, serverStreamId } from '../domain/server-stream.ts';
import { EndedSubscriptions } from './ended-subscriptions.ts';
import { Feed } from './feed.ts';
import type { FeedDeps } from './feed-deps.ts';
import { type CheckedHead, catchUpToChecked, type HeadChecks } from './head-checks.ts';

/**
 * Read path: the live tail of the server's own log. It notifies this process's connections of ended
 * credentials (rule A5).
 */

export class ServerStream {
  readonly #deps: FeedDeps;
  readonly #feed: Feed;
  readonly #listener: AsyncDisposable;
  readonly #watch: Disposable;
  readonly #ended: EndedSubscriptions;
  #isCatchingUp = false;

  private constructor(deps: FeedDeps, feed: Feed, heads: HeadChecks, listener: AsyncDisposable, ended: EndedSubscriptions) {
    this.#deps = deps;
    this.#feed = feed;
    this.#ended = ended;
    this.#listener = listener;
    // As for organizations, a sweep finds lost notices (rule R2).
    this.#watch = heads.watch({
      watched: () => new Map([[serverStreamId, this.revision]]),
      swept: (checked) => void this.#catchUpSwept(checked.get(serverStreamId)!),
    });
  }

  /**
   * @param onRevoked receives each revocation once, in order, and returns the number of
   * subscriptions that it ended
   * @param onGap called when another history was read, because revocations may be missing from it
   */
  static async open(
    deps: FeedDeps,
    bus: Bus,
    heads: HeadChecks,
    onRevoked: (revocation: Revocation) => number,
    onGap: () => void,
  ): Promise<ServerStream> {
    let feed: Feed | null = null;
    const ended = new EndedSubscriptions();
    const listener = await bus.subscribe(serverStreamId, (notice) => feed?.advance(notice));
    feed = await Feed.open(serverStreamId, deps, {
      applied: ({ revision, changes }) =>
        ended.count(
          revision,
          revocationsOf(changes).reduce((sum, revocation) => sum + onRevoked(revocation), 0),
        ),
      reloaded: onGap,
    });
    if (!feed) throw new Error("Organization 0, the server's own log, is missing. Run the migrations.");
    return new ServerStream(deps, feed, heads, listener, ended);
  }

  get revision(): number {
    return this.#feed.head.revision;
  }

  /**
   * The revocations after a revision, for connections that were authenticated since. Null if the
   * revision is too old.
   */
  revokedSince(revision: number): Revocation[] | null {
    const net = this.#feed.ring.netChangesAfter(revision);
    return net && revocationsOf(net);
  }

  /** See `EndedSubscriptions`. */
  readEnded(range: RevisionRange): Promise<number | null> {
    return this.#ended.read(this.#feed, range);
  }

  async close(): Promise<void> {
    this.#watch[Symbol.dispose]();
    await this.#listener[Symbol.asyncDispose]();
  }

  async #catchUpSwept(checked: CheckedHead): Promise<void> {
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    try {
      await catchUpToChecked(this.#feed, checked);
    } catch (error) {
      this.#deps.log.debug({ error: String(error) }, "could not read the server's own log; the next sweep tries again");
    } finally {
      this.#isCatchingUp = false;
    }
  }
}
