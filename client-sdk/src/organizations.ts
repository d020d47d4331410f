import { isSameJson, type ListedOrganization, type OrganizationsFrame, type OrgError, organizationsFrameSchema } from '@rollcall/protocol';
import { Emitter, type ErrorHandler, type ListenOptions } from './emitter.ts';
import { deepFreeze } from './json-values.ts';
import { backoffMs } from './reconnect-delay.ts';
import { type BoundCalls, bindCalls } from './rest/bind-calls.ts';
import type { RestClient } from './rest/rest-client.ts';
import { organizationsCalls } from './rest/session-calls.ts';
import { type Selection, selectFrom } from './selection.ts';
import { notReady, type ReadyOptions, readyMsMax, Waiters } from './waiting.ts';

export interface OrganizationsEvents {
  readonly gained: { readonly type: 'gained'; readonly organization: ListedOrganization };
  readonly lost: { readonly type: 'lost'; readonly organization: ListedOrganization };
  /** The organization's name, slug or status, or the user's own role. */
  readonly changed: { readonly type: 'changed'; readonly before: ListedOrganization; readonly after: ListedOrganization };
}

/** @internal */
export interface OrganizationsHost {
  readonly random: () => number;
  after(ms: number, run: () => void): () => void;
  /**
   * Requests the list from the server. Calls `acknowledge` with null if there is no response. Does
   * nothing without a connection.
   */
  request(acknowledge: (payload: unknown) => void): void;
  /** See `SubscriptionHost`. */
  connectionProblem(): string | null;
}

/** The length at which a server cuts the list, so that it has 150 KB at most. */
const listedMax = 1_000;

const none: readonly never[] = Object.freeze([]);

/**
 * The organizations to which the user belongs, or all of them for a service token, live from the
 * first use on. Events are emitted after the list contains their change.
 */
export class Organizations {
  /** Searches the organizations over REST, page by page. */
  readonly search: BoundCalls<typeof organizationsCalls>['search'];
  readonly #host: OrganizationsHost;
  readonly #events: Emitter<OrganizationsEvents>;
  readonly #store: Emitter<{ changed: null }>;
  readonly #waiters = new Waiters();
  #list: readonly ListedOrganization[] = none;
  /** The parts of a list whose last part hasn't arrived. */
  #parts: OrganizationsFrame[] = [];
  /** The version of the latest list on this connection. Null before the first. */
  #version: number | null = null;
  #hasList = false;
  /** Whether the list is a service's, which comes in parts and has all organizations. */
  #isWhole = false;
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

  /**
   * Sorted by slug. A user's list is cut at 1,000 (see `hasMore`). Frozen. The array and each entry
   * stay the same object until they change. Empty before `ready()`, and once the client is closed.
   */
  get list(): readonly ListedOrganization[] {
    return this.#list;
  }

  /**
   * Whether the user may belong to more organizations than `list` contains. The server lists the
   * 1,000 oldest. `search` returns all of them, page by page.
   */
  get hasMore(): boolean {
    return !this.#isWhole && this.#list.length >= listedMax;
  }

  /**
   * Whether the list is a service's.
   * @internal
   */
  get isOfService(): boolean {
    return this.#isWhole;
  }

  /** Whether changes arrive: the client is connected and has received a list. */
  get isLive(): boolean {
    return this.#version !== null;
  }

  /**
   * Calls `listener` when `list` or `isLive` changed. Returns a function that removes the listener.
   */
  readonly subscribe = (listener: () => void): (() => void) => this.#store.on('changed', listener);

  /** Selects a part of the list, like `select` of an organization. */
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
   * @throws OrgError `unreachable`, with its `cause`, if none arrives within `timeoutMs`;
   *   `unauthenticated` when the client ends, `aborted` by the signal or `close()`
   */
  async ready(options: ReadyOptions = {}): Promise<void> {
    if (this.#ending) throw this.#ending;
    const ms = options.timeoutMs ?? readyMsMax;
    const expired = () => notReady('The list of organizations', ms, this.#host.connectionProblem());
    await this.#waiters.until(() => this.#hasList, options, { ms, after: this.#host.after, expired });
  }

  /** @internal */
  connected(): void {
    this.#failures = 0;
    this.#request();
  }

  /** @internal */
  disconnected(): void {
    this.#cancelRetry();
    this.#parts = [];
    if (this.#version === null) return;
    this.#version = null;
    this.#store.emit('changed', null);
  }

  /**
   * Drops the list until the server has sent that of the new identity.
   * @internal
   */
  identityChanged(): void {
    this.#version = null;
    this.#hasList = false;
    this.#list = none;
    this.#store.emit('changed', null);
  }

  /**
   * Drops the list permanently, like every replica.
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
   * Receives a list, requested or pushed.
   * @internal
   */
  receive(payload: unknown): void {
    const frame = organizationsFrameSchema.safeParse(payload);
    if (frame.success && !this.#ending) this.#gather(frame.data as unknown as OrganizationsFrame);
  }

  #gather(frame: OrganizationsFrame): void {
    const { version, part = 0, parts = 1 } = frame;
    if (part === 0) this.#parts = [];
    if (part !== this.#parts.length || (part > 0 && version !== this.#parts[0]!.version)) return;
    this.#parts.push(frame);
    if (this.#parts.length < parts) return;
    this.#take({ version, organizations: this.#parts.flatMap(({ organizations }) => organizations) }, frame.parts !== undefined);
    this.#parts = [];
  }

  #request(): void {
    this.#host.request((list) => {
      this.receive(list);
      if (this.#version !== null || this.#parts.length > 0 || this.#ending) return;
      this.#cancelRetry();
      this.#cancelRetry = this.#host.after(backoffMs(this.#failures++, this.#host.random), () => this.#request());
    });
  }

  #take({ version, organizations }: OrganizationsFrame, isWhole: boolean): void {
    if (this.#version !== null && version < this.#version) return;
    this.#isWhole = isWhole;
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
    // The first list emits no events, because nothing changed.
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
