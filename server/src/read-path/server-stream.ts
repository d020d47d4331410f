import type { Bus, RevisionRange } from '../bus/bus.ts';
import { permissionsIn, type Revocation, revocationsOf, serverStreamId } from '../domain/server-stream.ts';
import { Feed } from './feed/feed.ts';
import type { FeedDeps } from './feed/feed-deps.ts';
import type { CheckedHead } from './heads/changed-heads.ts';
import { catchUpToChecked, type HeadChecks } from './heads/head-checks.ts';
import type { LivePermissions } from './live-permissions.ts';
import { EndedSubscriptions } from './subscriptions/ended-subscriptions.ts';

/**
 * Read path: the live tail of the server's own log. It notifies this process's connections of ended
 * credentials (rule A5), and of the permission table in force.
 */

export interface ServerStreamListener {
  /**
   * Receives each revocation once, in order, and returns the number of subscriptions that it ended.
   */
  revoked(revocation: Revocation): number;
  /** Called when another history was read, because revocations may be missing from it. */
  hadGap(): void;
}

export class ServerStream {
  readonly permissions: LivePermissions;
  readonly #deps: FeedDeps;
  readonly #feed: Feed;
  readonly #heads: HeadChecks;
  readonly #listener: AsyncDisposable;
  readonly #watch: Disposable;
  readonly #ended: EndedSubscriptions;
  #isCatchingUp = false;

  private constructor(
    deps: FeedDeps,
    feed: Feed,
    heads: HeadChecks,
    permissions: LivePermissions,
    listener: AsyncDisposable,
    ended: EndedSubscriptions,
  ) {
    this.#deps = deps;
    this.#feed = feed;
    this.#heads = heads;
    this.permissions = permissions;
    this.#ended = ended;
    this.#listener = listener;
    // As for organizations, a sweep finds lost notices (rule R2).
    this.#watch = heads.watch({
      watched: () => [serverStreamId],
      revisionOf: (orgId) => (orgId === serverStreamId ? this.revision : null),
      swept: (checked) => {
        this.#feed.ring.trim();
        void this.#catchUpSwept(checked.get(serverStreamId));
      },
    });
    heads.checkAgain(serverStreamId);
  }

  static async open(
    deps: FeedDeps,
    bus: Bus,
    heads: HeadChecks,
    permissions: LivePermissions,
    { revoked, hadGap }: ServerStreamListener,
  ): Promise<ServerStream> {
    let feed: Feed | null = null;
    const ended = new EndedSubscriptions();
    const listener = await bus.subscribe(serverStreamId, (notice) => feed?.advance(notice));
    feed = await Feed.open(serverStreamId, deps, {
      applied({ revision, changes }) {
        heads.checkAgain(serverStreamId);
        ended.count(
          revision,
          revocationsOf(changes).reduce((sum, revocation) => sum + revoked(revocation), 0),
        );
        const table = permissionsIn(changes);
        if (table) permissions.take(table);
      },
      reloaded() {
        heads.checkAgain(serverStreamId);
        permissions.invalidate();
        hadGap();
      },
    });
    if (!feed) throw new Error("Organization 0, the server's own log, is missing. Run the migrations.");
    await permissions.whenRead();
    return new ServerStream(deps, feed, heads, permissions, listener, ended);
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

  /**
   * Rule F1 for the permission table: checks the head after the call. Resolves when `permissions`
   * has every table that was in force by then. Rejects while the database is unreachable.
   */
  async verify(): Promise<void> {
    const heads = await this.#heads.read(new Map([[serverStreamId, this.revision]]));
    await catchUpToChecked(this.#feed, heads.get(serverStreamId)!);
    await this.permissions.whenRead();
  }

  /** See `EndedSubscriptions`. */
  readEnded(range: RevisionRange): Promise<number | null> {
    return this.#ended.read(this.#feed, range);
  }

  async close(): Promise<void> {
    this.#watch[Symbol.dispose]();
    await this.#listener[Symbol.asyncDispose]();
  }

  async #catchUpSwept(checked: CheckedHead | undefined): Promise<void> {
    if (!checked) return;
    if (this.#isCatchingUp) return this.#heads.checkAgain(serverStreamId);
    this.#isCatchingUp = true;
    try {
      await catchUpToChecked(this.#feed, checked);
    } catch (error) {
      this.#heads.checkAgain(serverStreamId);
      this.#deps.log.debug({ error: String(error) }, "could not read the server's own log; the next sweep tries again");
    } finally {
      this.#isCatchingUp = false;
    }
  }
}
