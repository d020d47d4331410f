import type { Bus } from '../bus/bus.ts';
import { type Ending, endingsOf, serverStreamId } from '../domain/server-stream.ts';
import { Feed, type FeedDeps } from './feed.ts';

/** Tells this process's connections what ended (rule A5): the live tail of the server's own stream. */

/** As for organizations: a lost notice is found by looking (rule R2). */
const sweepIntervalMs = 250;

export class ServerStream {
  readonly #deps: FeedDeps;
  readonly #feed: Feed;
  readonly #listener: AsyncDisposable;
  readonly #doubt: Disposable;
  #cancelSweep = () => {};
  #closed = false;

  private constructor(deps: FeedDeps, feed: Feed, bus: Bus, listener: AsyncDisposable) {
    this.#deps = deps;
    this.#feed = feed;
    this.#listener = listener;
    this.#doubt = bus.onDoubt(() => this.#sweepNow());
    this.#scheduleSweep();
  }

  /**
   * @param onEnded is told of each ending once, in order
   * @param onGap there may have been endings that nobody can name any more: another history was read
   */
  static async open(deps: FeedDeps, bus: Bus, onEnded: (ending: Ending) => void, onGap: () => void): Promise<ServerStream> {
    let feed: Feed | null = null;
    const listener = await bus.subscribe(serverStreamId, (notice) => feed?.advance(notice));
    feed = await Feed.open(serverStreamId, deps, {
      applied: (entry) => endingsOf(entry.changes).forEach(onEnded),
      reloaded: onGap,
    });
    if (!feed) throw new Error('The server has no stream of its own: the migrations did not run.');
    return new ServerStream(deps, feed, bus, listener);
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
    this.#closed = true;
    this.#cancelSweep();
    this.#doubt[Symbol.dispose]();
    await this.#listener[Symbol.asyncDispose]();
  }

  #scheduleSweep(): void {
    if (this.#closed) return;
    this.#cancelSweep = this.#deps.clock.after(sweepIntervalMs, () => void this.#sweepNow().finally(() => this.#scheduleSweep()));
  }

  #sweepNow(): Promise<void> {
    return this.#sweep().catch((error: unknown) => this.#deps.log.debug({ error: String(error) }, 'a sweep of the server stream failed'));
  }

  async #sweep(): Promise<void> {
    const { revision } = this;
    const [head] = await this.#deps.reader.readHeads([serverStreamId]);
    if (head) await this.#feed.bringTo(head, revision);
  }
}
