import type { ListedOrganization } from '@rollcall/protocol';
import { type Bus, type EphemeralMessage, membershipsTopic } from '../../bus/bus.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { SharedReads } from '../../runtime/tasks/shared-reads.ts';
import { startBusSweep } from '../heads/start-bus-sweep.ts';

/**
 * Read path: sends users the list of their organizations whenever it changes. No log contains this
 * list, because each organization has its own log.
 */

/** The key of the list of all organizations, which services receive, in place of a user's id. */
export const everyOrganization = '*';

/**
 * The minimum time between two changes of the list of all organizations. It can be several
 * megabytes long, and any customer changes it with a new name.
 */
const everyOrganizationMsMin = 1_000;

export type OrganizationList = readonly ListedOrganization[];
export type ListListener = (list: OrganizationList) => void;

export interface MembershipReader {
  /** Users without organizations are absent. */
  readLists(userIds: readonly string[]): Promise<ReadonlyMap<string, OrganizationList>>;
  /** The stamp of a user changes whenever their list may have changed. */
  readStamps(userIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

export interface MembershipsDeps {
  readonly reader: MembershipReader;
  readonly clock: Clock;
  readonly log: Log;
}

interface WatchedUser {
  readonly listeners: Set<ListListener>;
  /**
   * The list that the listeners received last. A listener that was added since has not received it.
   */
  list: OrganizationList;
  json: string;
  /**
   * The stamp of the list that the last sweep read. Null before the first sweep, which reads the
   * list once more.
   */
  stamp: string | null;
}

/** The stamp of a user without memberships. */
const noStamp = '';

export class Memberships {
  readonly #deps: MembershipsDeps;
  readonly #lists: SharedReads<OrganizationList>;
  readonly #users = new Map<string, WatchedUser>();
  /** The time from which the list of all organizations may change again. */
  #everyOrganizationFrom = Number.NEGATIVE_INFINITY;
  readonly #listener: AsyncDisposable;
  readonly #sweeps: Disposable;

  private constructor(deps: MembershipsDeps, bus: Bus, listener: AsyncDisposable) {
    this.#deps = deps;
    this.#listener = listener;
    this.#lists = new SharedReads(deps.clock, (userIds) => deps.reader.readLists(userIds));
    // As for organizations, a sweep finds the changes whose messages were lost (rule R2).
    this.#sweeps = startBusSweep(deps.clock, bus, () => this.#sweepNow());
  }

  static async open(deps: MembershipsDeps, bus: Bus): Promise<Memberships> {
    let opened: Memberships | null = null;
    const listener = await bus.onBroadcast(membershipsTopic, (message) => {
      if (opened) opened.#receive(message);
    });
    opened = new Memberships(deps, bus, listener);
    return opened;
  }

  /**
   * Calls the listener whenever the user's list changed: once `read` has resolved, or at the latest
   * by the next sweep. Returns a function that stops it.
   */
  watch(userId: string, listener: ListListener): () => void {
    const user = this.#users.get(userId) ?? { listeners: new Set<ListListener>(), list: [], json: '[]', stamp: null };
    this.#users.set(userId, user);
    user.listeners.add(listener);
    return () => {
      user.listeners.delete(listener);
      if (user.listeners.size === 0 && this.#users.get(userId) === user) this.#users.delete(userId);
    };
  }

  /**
   * The user's current list. Listeners receive it before this resolves. Rejects while the database
   * is unavailable.
   */
  async read(userId: string): Promise<OrganizationList> {
    await this.#refresh([userId]);
    return this.#users.get(userId)?.list ?? [];
  }

  async close(): Promise<void> {
    this.#sweeps[Symbol.dispose]();
    await this.#listener[Symbol.asyncDispose]();
  }

  #receive(message: EphemeralMessage): void {
    if (message.type !== 'memberships') return;
    const affected = new Set(message.userIds.filter((userId) => this.#users.has(userId)));
    if (message.orgIds.length > 0) {
      for (const [userId, { list }] of this.#users) if (list.some(({ id }) => message.orgIds.includes(id))) affected.add(userId);
    }
    // The sweep reads it, at a limited rate.
    affected.delete(everyOrganization);
    // The sweep tries again.
    this.#refresh([...affected]).catch((error: unknown) =>
      this.#deps.log.debug({ error: String(error) }, "could not read users' lists of organizations; the next sweep tries again"),
    );
  }

  /** Each read began after the previous ones had ended, so the last result is the newest. */
  async #refresh(userIds: readonly string[]): Promise<void> {
    if (userIds.length === 0) return;
    const lists = await this.#lists.read(userIds);
    for (const userId of userIds) this.#take(userId, lists.get(userId) ?? []);
  }

  #take(userId: string, list: OrganizationList): void {
    const user = this.#users.get(userId);
    const json = JSON.stringify(list);
    if (!user || user.json === json) return;
    user.list = list;
    user.json = json;
    for (const listener of [...user.listeners]) listener(list);
  }

  #sweepNow(): Promise<void> {
    return this.#sweep().catch((error: unknown) =>
      this.#deps.log.debug({ error: String(error) }, "could not sweep users' lists of organizations; the next sweep tries again"),
    );
  }

  /**
   * Reads the lists whose stamp has changed. The stamp of a user is stored only after a list that
   * is at least as new was sent.
   */
  async #sweep(): Promise<void> {
    const userIds = [...this.#users.keys()];
    if (userIds.length === 0) return;
    const stamps = await this.#deps.reader.readStamps(userIds);
    const isTooEarly = this.#deps.clock.now() < this.#everyOrganizationFrom;
    const changed = userIds.filter(
      (userId) => this.#users.get(userId)?.stamp !== (stamps.get(userId) ?? noStamp) && !(isTooEarly && userId === everyOrganization),
    );
    const every = this.#users.get(everyOrganization);
    const before = every?.list;
    await this.#refresh(changed);
    // The first sweep reads the list that the request has just read.
    if (every && every.stamp !== null && every.list !== before) {
      this.#everyOrganizationFrom = this.#deps.clock.now() + everyOrganizationMsMin;
    }
    for (const userId of changed) {
      const user = this.#users.get(userId);
      if (user) user.stamp = stamps.get(userId) ?? noStamp;
    }
  }
}
