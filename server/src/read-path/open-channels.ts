import type { Bus } from '../bus/bus.ts';
import { Channel, type ChannelOwner } from './channel.ts';
import type { FeedDeps } from './feed-deps.ts';

/** Which organizations this process watches: their channels, opened when first asked for and closed when nobody needs them. */

/** A channel without subscriptions is kept this long: a dashboard that is reloaded finds it warm. */
const idleForMs = 30_000;

export interface OpenChannel {
  readonly orgId: string;
  /** Null when the organization does not exist. */
  readonly channel: Promise<Channel | null>;
  /** Once it is there. */
  opened: Channel | null;
  /** When it was last known to hold all that was committed by then; on the clock of the feeds. */
  caughtUpAt: number;
  isBeingBrought: boolean;
}

interface HeldChannel extends OpenChannel {
  /** Who works with it and has not registered a subscription (yet): it must not be closed under them. */
  holds: number;
  cancelIdleTimer: (() => void) | null;
  listener: AsyncDisposable | null;
  /** What subscribers called it, by slugs of now and of before, or its id. */
  readonly names: Set<string>;
}

export class OpenChannels {
  readonly #deps: FeedDeps;
  readonly #bus: Bus;
  readonly #restart: ChannelOwner['restart'];
  readonly #open = new Map<string, HeldChannel>();
  readonly #byName = new Map<string, HeldChannel>();

  constructor(deps: FeedDeps, bus: Bus, restart: ChannelOwner['restart']) {
    this.#deps = deps;
    this.#bus = bus;
    this.#restart = restart;
  }

  get(orgId: string): OpenChannel | null {
    return this.#open.get(orgId) ?? null;
  }

  /** The channel that went by this name when somebody last subscribed by it. Slugs change hands: its state says whose it is now. */
  named(name: string): Channel | null {
    return this.#byName.get(name)?.opened ?? null;
  }

  rememberName(name: string, orgId: string): void {
    const open = this.#open.get(orgId);
    if (!open) return;
    open.names.add(name);
    this.#byName.set(name, open);
  }

  all(): OpenChannel[] {
    return [...this.#open.values()];
  }

  /**
   * Works with an organization's channel, which stays open meanwhile, and after it as long as it has subscriptions.
   * Rejects when it cannot be opened.
   */
  async with<T>(orgId: string, work: (channel: Channel | null) => Promise<T>): Promise<T> {
    const open = this.#open.get(orgId) ?? this.#begin(orgId);
    open.holds++;
    try {
      return await work(await open.channel);
    } finally {
      open.holds--;
      this.#closeWhenIdle(open);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((open) => this.#close(open)));
  }

  #begin(orgId: string): HeldChannel {
    const open: HeldChannel = {
      orgId,
      channel: this.#start(
        orgId,
        () => this.#closeWhenIdle(open),
        (listener) => {
          open.listener = listener;
        },
      ),
      opened: null,
      caughtUpAt: this.#deps.clock.now(),
      isBeingBrought: false,
      holds: 0,
      cancelIdleTimer: null,
      listener: null,
      names: new Set(),
    };
    this.#open.set(orgId, open);
    open.channel.then(
      (channel) => {
        open.opened = channel;
        if (!channel) void this.#close(open);
      },
      () => this.#close(open),
    );
    return open;
  }

  async #start(orgId: string, emptied: () => void, listening: (listener: AsyncDisposable) => void): Promise<Channel | null> {
    let channel: Channel | null = null;
    // Listening first: a notice between the read and the listening would be lost until the sweep.
    listening(await this.#bus.subscribe(orgId, (notice) => channel?.feed.advance(notice)));
    channel = await Channel.open(orgId, this.#deps, { restart: this.#restart, emptied });
    return channel;
  }

  #isIdle({ holds, opened }: HeldChannel): boolean {
    return holds === 0 && (opened === null || opened.subscriptions.size === 0);
  }

  #closeWhenIdle(open: HeldChannel): void {
    if (open.cancelIdleTimer || !this.#isIdle(open) || this.#open.get(open.orgId) !== open) return;
    open.cancelIdleTimer = this.#deps.clock.after(idleForMs, () => {
      open.cancelIdleTimer = null;
      // Somebody may have come, and gone again since: then their leaving started a timer of its own.
      if (this.#isIdle(open)) void this.#close(open);
    });
  }

  /** Never rejects: what is left of a listener on a bus that is gone goes with the bus. */
  async #close(open: HeldChannel): Promise<void> {
    open.cancelIdleTimer?.();
    open.cancelIdleTimer = null;
    if (this.#open.get(open.orgId) === open) this.#open.delete(open.orgId);
    for (const name of open.names) if (this.#byName.get(name) === open) this.#byName.delete(name);
    try {
      (await open.channel.catch(() => null))?.close();
      await open.listener?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#deps.log.warn({ orgId: open.orgId, error: String(error) }, 'a channel could not stop listening');
    }
  }
}
