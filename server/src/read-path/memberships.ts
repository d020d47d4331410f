import type { ListedOrganization } from '@rollcall/protocol';
import { type Bus, membershipsTopic, type Word } from '../bus/bus.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { SharedReads } from '../runtime/shared-reads.ts';
import { startBusSweep } from './start-bus-sweep.ts';

/** Tells users which organizations they belong to, as that changes: no log has it, since each organization has its own. */

export type OrganizationList = readonly ListedOrganization[];
export type ListListener = (list: OrganizationList) => void;

export interface MembershipReader {
  /** Who belongs to none is absent. */
  readLists(userIds: readonly string[]): Promise<ReadonlyMap<string, OrganizationList>>;
  /** Another one for whoever's list may have changed. */
  readStamps(userIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

export interface MembershipsDeps {
  readonly reader: MembershipReader;
  readonly clock: Clock;
  readonly log: Log;
}

interface WatchedUser {
  readonly listeners: Set<ListListener>;
  /** What all listeners were told that have been told anything. */
  list: OrganizationList;
  json: string;
  /** Of when the list was read for a sweep. Null before the first, which reads it once more. */
  stamp: string | null;
}

/** Nobody's memberships. */
const noStamp = '';

export class Memberships {
  readonly #deps: MembershipsDeps;
  readonly #lists: SharedReads<OrganizationList>;
  readonly #users = new Map<string, WatchedUser>();
  readonly #listener: AsyncDisposable;
  readonly #sweeps: Disposable;

  private constructor(deps: MembershipsDeps, bus: Bus, listener: AsyncDisposable) {
    this.#deps = deps;
    this.#listener = listener;
    this.#lists = new SharedReads(deps.clock, (userIds) => deps.reader.readLists(userIds));
    // As for organizations: what no word told is found by looking (rule R2).
    this.#sweeps = startBusSweep(deps.clock, bus, () => this.#sweepNow());
  }

  static async open(deps: MembershipsDeps, bus: Bus): Promise<Memberships> {
    let opened: Memberships | null = null;
    const listener = await bus.hear(membershipsTopic, (word) => {
      if (opened) opened.#hear(word);
    });
    opened = new Memberships(deps, bus, listener);
    return opened;
  }

  /** Has a listener told whenever the user's list is another one, once `read` has resolved or by the next sweep. Gives what ends it. */
  watch(userId: string, listener: ListListener): () => void {
    const user = this.#users.get(userId) ?? { listeners: new Set<ListListener>(), list: [], json: '[]', stamp: null };
    this.#users.set(userId, user);
    user.listeners.add(listener);
    return () => {
      user.listeners.delete(listener);
      if (user.listeners.size === 0 && this.#users.get(userId) === user) this.#users.delete(userId);
    };
  }

  /** A user's list as of now, of which their listeners are told first. Rejects while the database is away. */
  async read(userId: string): Promise<OrganizationList> {
    await this.#look([userId]);
    return this.#users.get(userId)?.list ?? [];
  }

  async close(): Promise<void> {
    this.#sweeps[Symbol.dispose]();
    await this.#listener[Symbol.asyncDispose]();
  }

  #hear(word: Word): void {
    if (word.type !== 'memberships') return;
    const told = new Set(word.userIds.filter((userId) => this.#users.has(userId)));
    if (word.orgIds.length > 0) {
      for (const [userId, { list }] of this.#users) if (list.some(({ id }) => word.orgIds.includes(id))) told.add(userId);
    }
    // The sweep tries again.
    this.#look([...told]).catch((error: unknown) => this.#deps.log.debug({ error: String(error) }, 'lists of organizations were not read'));
  }

  /** Each read began after those before it had ended, so what comes last is the newest. */
  async #look(userIds: readonly string[]): Promise<void> {
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
    return this.#sweep().catch((error: unknown) => this.#deps.log.debug({ error: String(error) }, 'a sweep of memberships failed'));
  }

  /** A stamp counts as seen only once the list that is at least as new was told. */
  async #sweep(): Promise<void> {
    const userIds = [...this.#users.keys()];
    if (userIds.length === 0) return;
    const stamps = await this.#deps.reader.readStamps(userIds);
    const changed = userIds.filter((userId) => this.#users.get(userId)?.stamp !== (stamps.get(userId) ?? noStamp));
    await this.#look(changed);
    for (const userId of changed) {
      const user = this.#users.get(userId);
      if (user) user.stamp = stamps.get(userId) ?? noStamp;
    }
  }
}
