import { type Collection, OrgError, parseOrgRevision, type Scope } from '@rollcall/protocol';
import { deriveEvents } from './derive-events.ts';
import { dispose } from './dispose.ts';
import { Emitter, type ErrorHandler, type ListenOptions } from './emitter.ts';
import type { OrganizationEvents } from './events.ts';
import { type LocalDecision, type LocalOn, LocalRights, type LocalWho } from './local-can.ts';
import { OrganizationRest } from './organization-rest.ts';
import type { Presence } from './presence.ts';
import type { Ending } from './replica-machine.ts';
import type { RestClient } from './rest/rest-client.ts';
import { type Selection, selectFrom } from './selection.ts';
import type { OrganizationState } from './state-view.ts';
import type { OrganizationStatus } from './status.ts';
import { Subscription, type SubscriptionHost, type Update, type UpdateListener } from './subscription.ts';
import { Waiters, type WaitOptions } from './waiting.ts';
import type { WhenStale } from './when-stale.ts';

export interface OrganizationOptions {
  /** What to follow. All that one may see when absent; `can` needs `organization`, `members` and, for teams and projects, those. */
  readonly collections?: readonly Collection[];
  /** As the client's (`ConnectOptions.whenStale`) unless given. */
  readonly whenStale?: WhenStale;
}

/** With every choice made. */
interface HandleOptions {
  readonly collections: readonly Collection[] | null;
  readonly whenStale: WhenStale;
}

/**
 * One organization, kept current. Events come once the state holds what they tell, all those of one step together, then
 * `change` with the whole batch. After a gap that could only be closed by a new copy, they are the differences between
 * the two copies. The first copy makes no events: await `ready()` and read `state`.
 */
export class OrganizationHandle extends OrganizationRest implements Disposable {
  readonly whenStale: WhenStale;
  #subscription: Subscription;
  readonly #host: SubscriptionHost;
  readonly #rights = new LocalRights();
  readonly #waiters = new Waiters();
  readonly #events: Emitter<OrganizationEvents>;
  readonly #store: Emitter<{ changed: null }>;
  readonly #listener: UpdateListener = (updates) => this.#publish(updates);
  #announced: OrganizationStatus;
  #wasLive = false;

  /** @internal */
  constructor(name: string, options: HandleOptions, rest: RestClient, host: SubscriptionHost, onError: ErrorHandler) {
    super(rest, () => this.#subscription.key);
    this.whenStale = options.whenStale;
    this.#host = host;
    this.#events = new Emitter(onError);
    this.#store = new Emitter(onError);
    this.#subscription = new Subscription(name, options.collections, host);
    this.#subscription.join(this.#listener);
    this.#announced = this.#subscription.status;
  }

  /** @internal */
  get subscription(): Subscription {
    return this.#subscription;
  }

  /**
   * Goes over to the subscription that the organization has already, by another name.
   * @internal
   */
  share(subscription: Subscription): void {
    this.#subscription.leave(this.#listener, endedHere(closedHere));
    this.#subscription = subscription;
    subscription.join(this.#listener);
    this.#publish([]);
  }

  /**
   * Ends this handle alone: others of the organization go on.
   * @internal
   */
  end(reason: string): void {
    if (this.#subscription.ending) return;
    this.#subscription = this.#subscription.leave(this.#listener, endedHere(reason));
    this.#publish([]);
  }

  /** Null until the server has said it. */
  get id(): string | null {
    return this.#subscription.orgId;
  }

  /** Frozen, and the same object until it changes. Empty before the first copy and after the access ended. */
  get state(): OrganizationState {
    return this.#subscription.state;
  }

  get status(): OrganizationStatus {
    return this.#subscription.status;
  }

  /** Who else looks at it. Not a part of the state, and followed only while one shows oneself. */
  get presence(): Presence {
    return this.#subscription.presence;
  }

  /** How long ago the server last confirmed that the state was current. Null when it has not, or there is doubt since. */
  get ageMs(): number | null {
    return this.#subscription.ageMs;
  }

  /** Calls back whenever `state` or `status` is another object. Bound, as `useSyncExternalStore` wants it; gives the function that stops it. */
  readonly subscribe = (listener: () => void): (() => void) => this.#store.on('changed', listener);

  /** Follows a part of the state. Its listeners are called only when `selector` gives another value. */
  select<T>(selector: (state: OrganizationState) => T, isEqual?: (a: T, b: T) => boolean): Selection<T> {
    return selectFrom({ get: () => this.state, subscribe: this.subscribe }, selector, isEqual);
  }

  /** Gives the function that stops it. A listener that throws disturbs nobody else: see `ConnectOptions.onError`. */
  on<Name extends keyof OrganizationEvents>(
    name: Name,
    listener: (event: OrganizationEvents[Name]) => void,
    options?: ListenOptions,
  ): () => void {
    return this.#events.on(name, listener, options);
  }

  /**
   * Resolves once the state was whole and proven current.
   * @throws OrgError `denied` without access or when it ends, `unauthenticated` when the credential does, `aborted` by the signal or `close()`
   */
  async ready(options?: WaitOptions): Promise<void> {
    this.#throwIfEnded();
    if (this.#wasLive) return;
    await this.#waiters.until(() => this.#wasLive, options);
  }

  /**
   * Resolves once the state holds `revision`: a number, or the text that a command's answer carries. Never early.
   * @throws OrgError as `ready` does; TypeError when `revision` is not one, as where a proxy hid the header it came in
   */
  async waitFor(revision: number | string | null, options?: WaitOptions): Promise<void> {
    const wanted = typeof revision === 'string' ? parseOrgRevision(revision)?.revision : revision;
    if (typeof wanted !== 'number' || !Number.isSafeInteger(wanted)) throw new TypeError(`Not a revision: ${String(revision)}.`);
    this.#throwIfEnded();
    const isMet = () => this.#subscription.holds(wanted);
    // Where nothing visible happened at that revision no step comes, but an answer to a ping says so.
    if (!isMet()) this.#host.ping();
    await this.#waiters.until(isMet, options);
  }

  /**
   * May `who` use `scope` (any one of several) here, or on a team or project? Judged by the copy, without I/O, by the
   * server's own function. Without a copy nothing is allowed; when the copy is stale, `whenStale` says by what to go.
   */
  can(who: LocalWho, scope: Scope | readonly Scope[], on?: LocalOn): LocalDecision {
    const { records, revision, isFresh } = this.#subscription;
    const mayAnswer = isFresh || this.whenStale === 'last-known' || revision === null;
    const decision = mayAnswer ? this.#rights.decide(records, () => this.state, who, scope, on) : stale;
    return { ...decision, revision, fresh: isFresh };
  }

  /**
   * The same question for callers who can wait: with `whenStale: 'ask-server'` a copy that is not fresh (or not there
   * yet) is not gone by, but the server is asked what holds now. Where it cannot be reached, nothing is allowed. In all
   * other cases it is what `can` says.
   * @throws OrgError `not-found` or `forbidden` without access, `unauthenticated`, `aborted`
   */
  async check(who: LocalWho, scope: Scope | readonly Scope[], on?: LocalOn, options?: WaitOptions): Promise<LocalDecision> {
    if (this.whenStale !== 'ask-server' || this.#subscription.isFresh || this.#subscription.ending) return this.can(who, scope, on);
    const answer = await this.askServer(who, scope, on, options).catch(nullWhenUnreachable);
    // The access may have ended, or the copy be fresh again, while the answer was on its way.
    return answer && !this.#subscription.ending ? answer : this.can(who, scope, on);
  }

  /** Stops following and drops the copy. Pending waits reject with `aborted`. */
  close(): void {
    this.end(closedHere);
  }

  [dispose](): void {
    this.close();
  }

  #publish(updates: readonly Update[]): void {
    const before = this.#announced;
    const after = this.status;
    this.#announced = after;
    if (after.phase === 'live') this.#wasLive = true;
    const { ending } = this.#subscription;
    if (ending) this.#waiters.rejectAll(errorOf(ending));
    else this.#waiters.resolveMet();

    // A listener may close this handle: then nobody listens any more, and the rest goes unheard.
    for (const update of updates) this.#emit(update);
    const isOtherStatus =
      before.phase !== after.phase || before.fresh !== after.fresh || before.reason !== after.reason || before.loading !== after.loading;
    if (isOtherStatus) this.#events.emit('status', { type: 'status', before, after });
    if (before !== after || updates.length > 0) this.#store.emit('changed', null);
    if (!ending) return;
    this.#events.clear();
    this.#store.clear();
  }

  #emit(update: Update): void {
    const org = this.#subscription.key;
    if (update.type === 'ended') {
      const { reason, revision } = update.ending;
      if (update.hadReplica && reason !== closedHere)
        this.#events.emit('access.revoked', { type: 'access.revoked', org, revision, reason });
      return;
    }
    const { revision, cause, changes } = update;
    const events = deriveEvents(org, revision, cause, changes);
    if (events.length === 0) return;
    for (const event of events) this.#events.emit(event.type, event as never);
    this.#events.emit('change', { type: 'change', org, revision, cause, events });
  }

  #throwIfEnded(): void {
    const { ending } = this.#subscription;
    if (ending) throw errorOf(ending);
  }
}

const stale = { allowed: false, why: 'stale' } as const;

/** A server that cannot be reached leaves the copy stale: that, and not a failure, is the answer. */
function nullWhenUnreachable(error: unknown): null {
  if (error instanceof OrgError && (error.code === 'unreachable' || error.code === 'unavailable')) return null;
  throw error;
}

/** The reason of an end that the caller chose. */
export const closedHere = 'closed';
/** The reason of an end that a connection's one subscription to each organization makes. */
export const otherCollections = 'other-collections';

function endedHere(reason: string): Ending {
  return { kind: 'closed', reason, revision: null };
}

function errorOf({ kind, reason }: Ending): OrgError {
  return kind === 'closed' ? endingOf(reason) : new OrgError('denied', `There is no access to this organization: ${reason}.`);
}

/** What waits is refused with when the client or a handle is closed. */
export function endingOf(reason: string): OrgError {
  if (reason === closedHere) return new OrgError('aborted', 'The client was closed.');
  if (reason === otherCollections) {
    return new OrgError('invalid', 'This organization is already followed by another name, with other collections. A second client can.');
  }
  if (reason === 'unsupported-version') return new OrgError('invalid', 'The server does not speak this version of the protocol.');
  return new OrgError('unauthenticated', `The server ended the connection: ${reason}.`);
}
