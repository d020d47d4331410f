import { type ListedOrganization, type OrganizationsFrame, type OrgError, organizationsFrameSchema } from '@rollcall/protocol';
import { Emitter, type ErrorHandler, type ListenOptions } from './emitter.ts';
import { deepFreeze, isSameJson } from './json-values.ts';
import { backoffMs } from './reconnect-delay.ts';
import { type BoundCalls, bindCalls } from './rest/bind-calls.ts';
import type { RestClient } from './rest/rest-client.ts';
import { organizationsCalls } from './rest/session-calls.ts';
import { type Selection, selectFrom } from './selection.ts';
import { Waiters, type WaitOptions } from './waiting.ts';

export interface OrganizationsEvents {
  readonly gained: { readonly type: 'gained'; readonly organization: ListedOrganization };
  readonly lost: { readonly type: 'lost'; readonly organization: ListedOrganization };
  /** Its name, slug or status, or one's own role. */
  readonly changed: { readonly type: 'changed'; readonly before: ListedOrganization; readonly after: ListedOrganization };
}

/** @internal */
export interface OrganizationsHost {
  readonly random: () => number;
  after(ms: number, run: () => void): () => void;
  /** Asks the server; answered with null when no answer comes. Does nothing without a connection. */
  request(answer: (payload: unknown) => void): void;
}

const none: readonly never[] = Object.freeze([]);

/** The organizations that one belongs to, kept current from the first use on. Its events come once the list holds what they tell. */
export class Organizations {
  /** All of them, also by words, in pages over REST. */
  readonly search: BoundCalls<typeof organizationsCalls>['search'];
  readonly #host: OrganizationsHost;
  readonly #events: Emitter<OrganizationsEvents>;
  readonly #store: Emitter<{ changed: null }>;
  readonly #waiters = new Waiters();
  #list: readonly ListedOrganization[] = none;
  /** Of the connection's latest list; null before it. */
  #version: number | null = null;
  #hasList = false;
  #ending: OrgError | null = null;
  #failures = 0;
  #cancelRetry = () => {};

  /** @internal */
  constructor(rest: RestClient, host: OrganizationsHost, onError: ErrorHandler) {
    this.search = bindCalls(organizationsCalls, rest).search;
    this.#host = host;
    this.#events = new Emitter(onError);
    this.#store = new Emitter(onError);
  }

  /** By slug. Frozen, and the same object until it changes, as is each entry. Empty before `ready()`, and once the client is closed. */
  get list(): readonly ListedOrganization[] {
    return this.#list;
  }

  /** Whether changes arrive: there is a connection, and a list came over it. */
  get isLive(): boolean {
    return this.#version !== null;
  }

  /** Calls back whenever `list` is another object or `isLive` changes. */
  readonly subscribe = (listener: () => void): (() => void) => this.#store.on('changed', listener);

  /** Follows a part of the list, as an organization's `select` does of its state. */
  select<T>(selector: (list: readonly ListedOrganization[]) => T, isEqual?: (a: T, b: T) => boolean): Selection<T> {
    return selectFrom({ get: () => this.#list, subscribe: this.subscribe }, selector, isEqual);
  }

  on<Name extends keyof OrganizationsEvents>(
    name: Name,
    listener: (event: OrganizationsEvents[Name]) => void,
    options?: ListenOptions,
  ): () => void {
    return this.#events.on(name, listener, options);
  }

  /**
   * Resolves once there is a list.
   * @throws OrgError `unauthenticated` when the client ends, `aborted` by the signal or `close()`
   */
  async ready(options?: WaitOptions): Promise<void> {
    if (this.#ending) throw this.#ending;
    await this.#waiters.until(() => this.#hasList, options);
  }

  /** @internal */
  connected(): void {
    this.#failures = 0;
    this.#request();
  }

  /** @internal */
  disconnected(): void {
    this.#cancelRetry();
    if (this.#version === null) return;
    this.#version = null;
    this.#store.emit('changed', null);
  }

  /**
   * For good: the list goes, as every copy does.
   * @internal
   */
  ended(error: OrgError): void {
    this.#cancelRetry();
    this.#ending = error;
    this.#version = null;
    this.#list = none;
    this.#waiters.rejectAll(error);
    this.#store.emit('changed', null);
    this.#events.clear();
    this.#store.clear();
  }

  /**
   * A list, in answer or because it changed.
   * @internal
   */
  receive(payload: unknown): void {
    const frame = organizationsFrameSchema.safeParse(payload);
    if (frame.success && !this.#ending) this.#take(frame.data as unknown as OrganizationsFrame);
  }

  #request(): void {
    this.#host.request((answer) => {
      this.receive(answer);
      if (this.#version !== null || this.#ending) return;
      this.#cancelRetry();
      this.#cancelRetry = this.#host.after(backoffMs(this.#failures++, this.#host.random), () => this.#request());
    });
  }

  #take({ version, organizations }: OrganizationsFrame): void {
    if (this.#version !== null && version < this.#version) return;
    const wasLive = this.isLive;
    this.#version = version;
    const before = new Map(this.#list.map((one) => [one.id, one]));
    const list = organizations.map((one) => {
      const known = before.get(one.id);
      return known && isSameJson(known, one) ? known : deepFreeze(one);
    });
    const isSame = list.length === this.#list.length && list.every((one, index) => one === this.#list[index]);
    const isFirst = !this.#hasList;
    this.#hasList = true;
    if (!isSame) this.#list = Object.freeze(list);
    this.#waiters.resolveMet();
    // The first list makes no events: nothing happened.
    if (!isFirst) this.#emit(before, list);
    if (!isSame || !wasLive) this.#store.emit('changed', null);
  }

  #emit(before: ReadonlyMap<string, ListedOrganization>, list: readonly ListedOrganization[]): void {
    const kept = new Set(list.map(({ id }) => id));
    for (const organization of before.values()) if (!kept.has(organization.id)) this.#events.emit('lost', { type: 'lost', organization });
    for (const after of list) {
      const known = before.get(after.id);
      if (!known) this.#events.emit('gained', { type: 'gained', organization: after });
      else if (known !== after) this.#events.emit('changed', { type: 'changed', before: known, after });
    }
  }
}
