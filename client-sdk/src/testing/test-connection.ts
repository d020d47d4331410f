import { type Change, isSameJson, type ListedOrganization, noPermissions, type ScopeRoles } from '@rollcall/protocol';
import type { ClientConnection, ConnectionObserver } from '../connection.ts';
import { type ClientPhase, type ClientStatus, initialClientStatus } from '../status.ts';
import type { TestOrganization } from './test-organization.ts';

interface SubscribePayload {
  readonly org: string;
  /** Absent for all. */
  readonly collections?: readonly string[] | null;
}

/**
 * A connection to a server in memory. It sends the frames of the real protocol, so the rest of the
 * client is the real one. Responses arrive in microtasks.
 */
export class TestConnection implements ClientConnection {
  readonly nextTryInMs = null;
  readonly #observer: ConnectionObserver;
  readonly #organizations: ReadonlyMap<string, TestOrganization>;
  /** The collections of each subscription, by organization id. Null for all. */
  readonly #subscribed = new Map<string, readonly string[] | null>();
  #status: ClientStatus = initialClientStatus;
  #permissions = noPermissions;
  /** The list that the client received last. Null if it requested none on this connection. */
  #listed: readonly ListedOrganization[] | null = null;
  #listVersion = 0;
  /** The responses and frames that a frozen server holds back. Null while it isn't frozen. */
  #held: (() => void)[] | null = null;

  constructor(observer: ConnectionObserver, organizations: ReadonlyMap<string, TestOrganization>) {
    this.#observer = observer;
    this.#organizations = organizations;
  }

  get status(): ClientStatus {
    return this.#status;
  }

  get isConnected(): boolean {
    return this.#status.phase === 'connected';
  }

  open(): void {
    if (this.#status.phase === 'idle') queueMicrotask(() => this.connect());
  }

  connect(): void {
    if (this.isConnected || this.#status.phase === 'closed') return;
    this.#setStatus('connected', null);
    if (!this.isConnected) return;
    if (this.#permissions.version > 0) this.#sendPermissions();
    this.#observer.connected();
  }

  replacePermissions(scopes: Readonly<Record<string, ScopeRoles>>): void {
    this.#permissions = { version: this.#permissions.version + 1, scopes };
    if (this.isConnected) this.#sendPermissions();
  }

  #sendPermissions(): void {
    this.#now(() => this.#observer.frame('permissions', this.#permissions));
  }

  disconnect(): void {
    if (!this.isConnected) return;
    this.#subscribed.clear();
    this.#listed = null;
    if (this.#held) this.#held = [];
    this.#setStatus('reconnecting', 'transport close');
    this.#observer.disconnected();
  }

  freeze(): void {
    this.#held ??= [];
  }

  thaw(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const run of held) run();
  }

  send(name: string, payload: unknown): void {
    const { org, nonce } = payload as { readonly org: string; readonly nonce: string };
    if (name === 'unsubscribe') this.#subscribed.delete(org);
    if (name === 'ping') this.#now(() => this.#observer.frame('pong', { nonce, orgs: this.#positions() }));
  }

  request(name: string, payload: unknown, acknowledge: (reply: unknown) => void): void {
    if (name === 'subscribe') this.#later(() => this.#subscribe(payload as SubscribePayload, acknowledge));
    if (name === 'organizations') this.#later(() => acknowledge(this.#list()));
  }

  served(): void {}

  setRedisDown(): void {}

  close(reason: string): void {
    if (this.#status.phase === 'closed') return;
    this.#subscribed.clear();
    this.#setStatus('closed', reason);
    this.#observer.ended(reason);
  }

  /** Sends the changes of one revision, if the client is subscribed. */
  step(organization: TestOrganization, changes: readonly Change[]): void {
    const { id, revision } = organization;
    const collections = this.#subscribed.get(id);
    if (collections === undefined) return;
    const visible = organization.changesFor(collections, changes);
    const step = { org: id, from: revision - 1, to: revision, cursor: String(revision), changes: visible };
    this.#now(() => this.#observer.frame('step', step));
  }

  /** Sends the list of organizations if it changed since the client received it. */
  sendList(): void {
    this.#now(() => {
      const before = this.#listed;
      if (before === null) return;
      const list = this.#list();
      if (!isSameJson(before, list.organizations)) this.#observer.frame('organizations', list);
    });
  }

  revoke({ id, revision }: TestOrganization, reason: string): void {
    if (this.#subscribed.delete(id)) this.#now(() => this.#observer.frame('revoked', { org: id, revision, reason }));
  }

  #subscribe({ org, collections = null }: SubscribePayload, acknowledge: (reply: unknown) => void): void {
    const organization = [...this.#organizations.values()].find(({ id, slug }) => id === org || slug === org);
    if (!organization?.isVisible) {
      acknowledge({ mode: 'denied' });
      return;
    }
    const { id, revision } = organization;
    this.#subscribed.set(id, collections);
    acknowledge({ org: id, mode: 'snapshot', revision });
    const { records, ...checksum } = organization.visibleTo(collections);
    this.#observer.frame('snapshot', { org: id, part: 0, parts: 1, records });
    this.#observer.frame('snapshot-end', { org: id, revision, cursor: String(revision), ...checksum });
  }

  #list() {
    const visible = [...this.#organizations.values()].filter(({ isVisible }) => isVisible);
    const organizations = visible.map(({ listed }) => listed).sort((a, b) => (a.slug < b.slug ? -1 : 1));
    this.#listed = organizations;
    return { version: ++this.#listVersion, organizations };
  }

  #positions(): Record<string, object> {
    const positions: Record<string, object> = {};
    for (const [id, collections] of this.#subscribed) {
      const organization = this.#organizations.get(id)!;
      const { count, sum } = organization.visibleTo(collections);
      const { revision } = organization;
      positions[id] = { revision, cursor: String(revision), count, sum };
    }
    return positions;
  }

  #later(run: () => void): void {
    queueMicrotask(() => this.#now(() => this.isConnected && run()));
  }

  #now(run: () => void): void {
    if (this.#held) this.#held.push(run);
    else run();
  }

  #setStatus(phase: ClientPhase, reason: string | null): void {
    this.#status = Object.freeze({ phase, reason, redisDown: false });
    this.#observer.statusChanged();
  }
}
