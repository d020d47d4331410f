import type { Bus, RevisionNotice } from '../../bus/bus.ts';
import { ExpiringMap } from '../../runtime/collections/expiring-map.ts';
import type { FeedDeps } from '../feed/feed-deps.ts';
import { EndedSubscriptions } from '../subscriptions/ended-subscriptions.ts';
import { type IdleFeedLimits, IdleOrganizations } from './idle-organizations.ts';
import { WatchedOrganization, type WatchOwner } from './watched-organization.ts';

/**
 * Read path: the watched organizations of this process. The first subscriber opens one. It is
 * closed once it is idle.
 */

/** The time for which the counts of a closed one can be read. No receipt is awaited that long. */
const endedKeptMs = 30_000;

export interface Watch {
  readonly orgId: string;
  /** Null if the organization does not exist. */
  readonly organization: Promise<WatchedOrganization | null>;
  /** Null until it is opened. */
  opened: WatchedOrganization | null;
  /**
   * When it was opened or last brought up to a head that a sweep read, on the clock of the feeds.
   * Unless `isBehind`, it also contains everything that later sweeps read.
   */
  caughtUpAt: number;
  /** Whether a sweep read a head that it has not reached yet. */
  isBehind: boolean;
  isCatchingUp: boolean;
}

interface HeldWatch extends Watch {
  /**
   * Callers that use it without a registered subscription. It is not closed while there are any.
   */
  holds: number;
  readonly ended: EndedSubscriptions;
  listener: AsyncDisposable | null;
  /** The names under which clients subscribed: current and former slugs, or the id. */
  readonly names: Set<string>;
}

export class WatchedOrganizations {
  readonly #deps: FeedDeps;
  readonly #bus: Bus;
  readonly #restart: WatchOwner['restart'];
  readonly #advanced: (orgId: string) => void;
  readonly #open = new Map<string, HeldWatch>();
  readonly #byName = new Map<string, HeldWatch>();
  readonly #idle: IdleOrganizations<HeldWatch>;
  /**
   * The counts of organizations that are no longer watched. The last `WatchedOrganization` has them
   * all.
   */
  readonly #ended: ExpiringMap<EndedSubscriptions>;

  /** @param advanced called when a watched organization was opened, and when its feed advances */
  constructor(deps: FeedDeps, bus: Bus, limits: IdleFeedLimits, restart: WatchOwner['restart'], advanced: (orgId: string) => void) {
    this.#deps = deps;
    this.#bus = bus;
    this.#restart = restart;
    this.#advanced = advanced;
    this.#idle = new IdleOrganizations(deps, limits, (open) => void this.#close(open));
    this.#ended = new ExpiringMap(() => deps.clock.now());
  }

  get idleUse(): { readonly organizations: number; readonly bytes: number } {
    return this.#idle.use;
  }

  get(orgId: string): Watch | null {
    return this.#open.get(orgId) ?? null;
  }

  /** The counts of an organization that is no longer watched. Null if that was long ago. */
  endedOf(orgId: string): EndedSubscriptions | null {
    return this.#ended.get(orgId) ?? null;
  }

  /**
   * The organization of the last subscription under this name. Slugs are reused, so compare the
   * name with its state.
   */
  named(name: string): WatchedOrganization | null {
    return this.#byName.get(name)?.opened ?? null;
  }

  rememberName(name: string, orgId: string): void {
    const open = this.#open.get(orgId);
    if (!open) return;
    open.names.add(name);
    this.#byName.set(name, open);
  }

  all(): Watch[] {
    return [...this.#open.values()];
  }

  /**
   * Runs `work` with an organization, which stays open during the work, and then while it has
   * subscriptions. Rejects if it can't be opened.
   * @param work `isNew` if this call opened it, so that its feed was read after the call
   */
  async with<T>(orgId: string, work: (watched: WatchedOrganization | null, isNew: boolean) => Promise<T>): Promise<T> {
    const existing = this.#open.get(orgId);
    const open = existing ?? this.#begin(orgId);
    open.holds++;
    this.#idle.remove(open);
    try {
      return await work(await open.organization, existing === undefined);
    } finally {
      open.holds--;
      this.#closeWhenIdle(open);
    }
  }

  async close(): Promise<void> {
    this.#idle.clear();
    await Promise.all([...this.#open.values()].map((open) => this.#close(open)));
  }

  #begin(orgId: string): HeldWatch {
    const ended = this.endedOf(orgId) ?? new EndedSubscriptions();
    const open: HeldWatch = {
      orgId,
      organization: this.#start(
        orgId,
        {
          ended,
          restart: this.#restart,
          advanced: () => this.#feedAdvanced(open),
          emptied: () => this.#closeWhenIdle(open),
        },
        (listener) => {
          open.listener = listener;
        },
      ),
      opened: null,
      caughtUpAt: this.#deps.clock.now(),
      isBehind: false,
      isCatchingUp: false,
      holds: 0,
      ended,
      listener: null,
      names: new Set(),
    };
    this.#open.set(orgId, open);
    open.organization.then(
      (watched) => {
        open.opened = watched;
        if (watched) this.#advanced(orgId);
        else void this.#close(open);
      },
      () => this.#close(open),
    );
    return open;
  }

  async #start(orgId: string, owner: WatchOwner, listening: (listener: AsyncDisposable) => void): Promise<WatchedOrganization | null> {
    let watched: WatchedOrganization | null = null;
    let early = null as RevisionNotice | null;
    // Subscribes before the read. A notice in between would otherwise be lost until the sweep.
    const listener = await this.#bus.subscribe(orgId, (notice) => {
      if (watched) watched.feed.advance(notice);
      else if (notice.revision > (early?.revision ?? 0)) early = notice;
    });
    listening(listener);
    watched = await WatchedOrganization.open(orgId, this.#deps, owner);
    // Earlier ones that the read missed are in the log.
    if (early) watched?.feed.advance(early);
    return watched;
  }

  #feedAdvanced(open: HeldWatch): void {
    this.#advanced(open.orgId);
    if (this.#idle.has(open)) this.#idle.resize(open, open.opened!.feed.estimatedBytes);
  }

  #closeWhenIdle(open: HeldWatch): void {
    const { holds, opened } = open;
    if (holds > 0 || !opened || opened.subscriptions.size > 0 || this.#open.get(open.orgId) !== open) return;
    this.#idle.add(open, { bytes: opened.feed.estimatedBytes });
  }

  /** Never rejects. If the bus is closed, its listeners are too. */
  async #close(open: HeldWatch): Promise<void> {
    this.#idle.remove(open);
    if (this.#open.get(open.orgId) === open) this.#open.delete(open.orgId);
    for (const name of open.names) if (this.#byName.get(name) === open) this.#byName.delete(name);
    this.#ended.set(open.orgId, open.ended, endedKeptMs);
    try {
      (await open.organization.catch(() => null))?.close();
      await open.listener?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#deps.log.warn({ orgId: open.orgId, error: String(error) }, 'could not unsubscribe an organization from the bus');
    }
  }
}
