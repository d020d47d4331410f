import { type Collection, OrgError, parseOrgRevision, scopes } from '@rollcall/protocol';
import { noWebSocket } from './connection.ts';
import { deriveEvents } from './derive-events.ts';
import { dispose } from './dispose.ts';
import { Emitter, type ErrorHandler, type ListenOptions } from './emitter.ts';
import type { OrganizationEvents } from './events.ts';
import { type LocalDecision, type LocalOn, LocalRights, type LocalWho, type LocalWhy } from './local-can.ts';
import { OrganizationRest } from './organization-rest.ts';
import type { Presence } from './presence.ts';
import type { Ending } from './replica-state.ts';
import type { RestClient } from './rest/rest-client.ts';
import type { ScopeName } from './scope-name.ts';
import { type Selection, selectFrom } from './selection.ts';
import type { OrganizationState } from './state-view.ts';
import type { OrganizationStatus } from './status.ts';
import { Subscription, type SubscriptionHost, type Update, type UpdateListener } from './subscription.ts';
import { type CheckOptions, notReady, type ReadyOptions, readyMsMax, Waiters, type WaitOptions, withDeadline } from './waiting.ts';
import type { WhenStale } from './when-stale.ts';

export interface OrganizationOptions {
  /**
   * The collections to subscribe to. Absent for all that the caller may see. `can` needs
   * `organization` and `members`, and `teams` or `projects` for decisions about those.
   */
  readonly collections?: readonly Collection[];
  /** Overrides `ConnectOptions.whenStale`. */
  readonly whenStale?: WhenStale;
}

/** The options with their defaults. */
interface HandleOptions {
  readonly collections: readonly Collection[] | null;
  readonly whenStale: WhenStale;
}

/**
 * A live replica of one organization. Events are emitted after the state contains their change. All
 * events of one step are emitted together, followed by one `change` event that contains all of
 * them. If the client had to fetch a new snapshot, the events are its differences from the previous
 * state. The first snapshot emits no events: await `ready()` and read `state`.
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
   * Moves this handle to the subscription that the organization already has under another name.
   * @internal
   */
  share(subscription: Subscription): void {
    const own = this.#subscription;
    this.#subscription = subscription;
    subscription.join(this.#listener);
    // Later, since the client forgets the handle of an ended subscription.
    own.leave(this.#listener, endedHere(closedHere));
    this.#publish([]);
  }

  /**
   * Ends this handle only. Other handles of the organization continue.
   * @internal
   */
  end(reason: string): void {
    if (this.#subscription.ending) return;
    this.#subscription = this.#subscription.leave(this.#listener, endedHere(reason));
    this.#publish([]);
  }

  /** Null until the server has sent it. */
  get id(): string | null {
    return this.#subscription.orgId;
  }

  /**
   * Frozen, and the same object until it changes. Empty before the first snapshot and after the
   * access ended.
   */
  get state(): OrganizationState {
    return this.#subscription.state;
  }

  get status(): OrganizationStatus {
    return this.#subscription.status;
  }

  /**
   * The current viewers. Not part of the state, and received only while the client shows its own
   * presence.
   */
  get presence(): Presence {
    return this.#subscription.presence;
  }

  /**
   * The time since the server last confirmed that the state was current. Null if it hasn't, or if a
   * gap was suspected since.
   */
  get ageMs(): number | null {
    return this.#subscription.ageMs;
  }

  /**
   * Calls `listener` when `state` or `status` changed. Returns a function that removes the
   * listener. Bound, so that it can be passed to `useSyncExternalStore`.
   */
  readonly subscribe = (listener: () => void): (() => void) => this.#store.on('changed', listener);

  /**
   * Selects a part of the state. Its listeners are called only when `selector` returns another
   * value.
   */
  select<T>(selector: (state: OrganizationState) => T, isEqual?: (a: T, b: T) => boolean): Selection<T> {
    return selectFrom({ get: () => this.state, subscribe: this.subscribe }, selector, isEqual);
  }

  /**
   * Returns a function that removes the listener. A listener that throws doesn't affect others, see
   * `ConnectOptions.onError`.
   */
  on<Name extends keyof OrganizationEvents>(
    name: Name,
    listener: (event: OrganizationEvents[Name]) => void,
    options?: ListenOptions,
  ): () => void {
    return this.#events.on(name, listener, options);
  }

  /**
   * Resolves once the state was complete and proven current.
   * @throws OrgError `unreachable`, with its `cause`, if nothing arrives from the server within
   *   `timeoutMs`; `denied` without access or when it ends, `limit-reached` if the connection
   *   has too many subscriptions, `unauthenticated` when the credential ends, `aborted` by the
   *   signal or `close()`. After `unreachable` the client still tries to connect, and `ready` can
   *   be called again.
   */
  async ready(options: ReadyOptions = {}): Promise<void> {
    this.#throwIfEnded();
    if (this.#wasLive) return;
    const ms = options.timeoutMs ?? readyMsMax;
    let seen = this.status.loading;
    const expired = () => {
      const { loading } = this.status;
      const isLoading = loading !== null && loading !== seen;
      seen = loading;
      return isLoading ? null : notReady('The organization', ms, this.#host.connectionProblem());
    };
    await this.#waiters.until(() => this.#wasLive, options, { ms, after: this.#host.after, expired });
  }

  /**
   * Resolves once the state contains `revision`, never earlier. `revision` is a number, or the text
   * in a command's result.
   * @throws OrgError like `ready`; TypeError if `revision` isn't a revision, for example because a
   *   proxy removed the header
   */
  async waitFor(revision: number | string | null, options?: WaitOptions): Promise<void> {
    const wanted = typeof revision === 'string' ? parseOrgRevision(revision)?.revision : revision;
    if (typeof wanted !== 'number' || !Number.isSafeInteger(wanted)) throw new TypeError(`Not a revision: ${String(revision)}.`);
    this.#throwIfEnded();
    const isMet = () => this.#subscription.holds(wanted);
    // If nothing visible changed at that revision, there is no step. The pong then confirms the
    // revision.
    if (!isMet()) this.#host.ping();
    await this.#waiters.until(isMet, options);
  }

  /**
   * Whether `who` has `scope` (any one of several) in the organization, or on a team or project. A
   * scope is a built-in one, or one that the server's PERMISSIONS_FILE defines. Decisions about
   * such a scope of the operator are fresh only while the replica is live, because the file may
   * change at any time. Decided by the replica, without I/O, with the server's own function.
   * Without a replica nothing is allowed, and `why` is `no-copy`, `unreachable`, `credential-ended`
   * or `no-organization`. If the replica is stale, `whenStale` determines the result.
   */
  can(who: LocalWho, scope: ScopeName | readonly ScopeName[], on?: LocalOn): LocalDecision {
    const { records, revision } = this.#subscription;
    if (revision === null) return { allowed: false, why: this.#whyNoReplica(), revision, fresh: false };
    const fresh = this.#isFreshFor(scope);
    const mayAnswer = fresh || this.whenStale === 'last-known';
    const { allowed, why } = mayAnswer ? this.#rights.decide(records, () => this.state, this.#host.productScopes(), who, scope, on) : stale;
    // A spread of the decision would take 80 % of the time of the call (`npm run bench:can`, V8 in
    // Node 20).
    return { allowed, why, revision, fresh };
  }

  /**
   * The asynchronous form of `can`. With `whenStale: 'ask-server'`, the server decides if the
   * replica isn't fresh or doesn't exist yet. If the server is unreachable, nothing is allowed. In
   * all other cases the result is that of `can`.
   * @throws OrgError `unreachable` if the server doesn't decide within `timeoutMs` milliseconds
   *   (2,000 by default), `not-found` or `forbidden` without access, `unauthenticated`, `aborted`
   */
  async check(who: LocalWho, scope: ScopeName | readonly ScopeName[], on?: LocalOn, options: CheckOptions = {}): Promise<LocalDecision> {
    if (this.whenStale !== 'ask-server' || this.#isFreshFor(scope) || this.#subscription.ending) return this.can(who, scope, on);
    const answer = await withDeadline(options.timeoutMs ?? checkMsMax, options.signal, (signal) =>
      this.askServer(who, scope, on, { signal }).catch(nullWhenUnreachable),
    );
    // During the request, the access may have ended, or the replica may have become fresh.
    return answer && !this.#subscription.ending ? answer : this.can(who, scope, on);
  }

  /**
   * Ends the subscription of this handle and drops its state. Pending promises reject with
   * `aborted`.
   */
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

    if (updates.some(({ type }) => type === 'ended')) this.#wasLive = false;

    // A listener may close this handle. The remaining events are then not delivered.
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

  #isFreshFor(scope: ScopeName | readonly ScopeName[]): boolean {
    const { isFresh, isLive } = this.#subscription;
    return isFresh && (isLive || [scope].flat().every((one) => builtInScopes.includes(one)));
  }

  #whyNoReplica(): LocalWhy {
    const { ending } = this.#subscription;
    if (!ending) return this.#host.whyNoReplica();
    if (ending.kind === 'refused') return 'no-copy';
    if (ending.kind !== 'closed') return 'no-organization';
    return endingOf(ending.reason).code === 'unauthenticated' ? 'credential-ended' : 'no-copy';
  }

  #throwIfEnded(): void {
    const { ending } = this.#subscription;
    if (ending) throw errorOf(ending);
  }
}

/** Two seconds, since a caller's own request waits for the decision. */
const checkMsMax = 2_000;

const builtInScopes: readonly ScopeName[] = scopes;

const stale = { allowed: false, why: 'stale' } as const;

/** If the server is unreachable, the result is a stale decision, not an error. */
function nullWhenUnreachable(error: unknown): null {
  if (error instanceof OrgError && (error.code === 'unreachable' || error.code === 'unavailable')) return null;
  throw error;
}

/** The reason if the caller closed the client or the handle. */
export const closedHere = 'closed';
/**
 * The reason if another handle of the organization has other collections. A connection has only one
 * subscription to each organization.
 */
export const otherCollections = 'other-collections';

function endedHere(reason: string): Ending {
  return { kind: 'closed', reason, revision: null };
}

/** The error of pending promises after this ending. */
export function errorOf({ kind, reason }: Ending): OrgError {
  if (kind === 'closed') return endingOf(reason);
  if (kind === 'refused') return new OrgError('limit-reached', `The subscription was refused: ${reason}. ${remedyOf(reason)}`);
  return new OrgError('denied', `You do not have access to this organization: ${reason}.`);
}

function remedyOf(refusal: string): string {
  if (refusal === 'too-many-audiences') return 'Request the same collections as your other subscriptions to it, or all of them.';
  return 'Close another subscription first, or use a second client.';
}

/** The error of pending promises when the client or a handle ends. */
export function endingOf(reason: string): OrgError {
  if (reason === closedHere) return new OrgError('aborted', 'The client was closed.');
  if (reason === otherCollections) {
    return new OrgError('invalid', 'This client already subscribes to this organization with other collections, under another name.');
  }
  if (reason === noWebSocket)
    return new OrgError(
      'invalid',
      'This environment has no WebSocket, because the client was bundled for browsers. Bundle it for Node.js, or exclude it from the bundle.',
    );
  if (reason === 'unsupported-version')
    return new OrgError('invalid', 'The server does not support this version of the protocol. Update @rollcall/client.');
  return new OrgError('unauthenticated', `The server ended the connection: ${reason}.`);
}
