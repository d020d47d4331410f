import { type ListedOrganization, type OrganizationsFrame, organizationsPerFrameMax, type Scope } from '@rollcall/protocol';
import type { Caller } from '../identity/caller.ts';
import type { Frame } from '../read-path/frame.ts';
import { everyOrganization, type Memberships, type OrganizationList } from '../read-path/memberships.ts';

/** The parts of a connection that the list needs. */
export interface ListSink {
  readonly isOver: boolean;
  send(frame: Frame): void;
  isWritable(): boolean;
  whenWritable(): Promise<void>;
}

/** The scopes that the list requires, the same as over REST. */
const anyOrgScope: readonly Scope[] = ['org:read', 'org:write', 'org:admin'];

/** A list has at least one part. */
function partsOf(list: OrganizationList): OrganizationList[] {
  const parts = Math.max(1, Math.ceil(list.length / organizationsPerFrameMax));
  return Array.from({ length: parts }, (_, part) => list.slice(part * organizationsPerFrameMax, (part + 1) * organizationsPerFrameMax));
}

/** The parts of lists as JSON. The list of all organizations is encoded once for all services. */
const encodedParts = new WeakMap<OrganizationList, readonly string[]>();

function encodedPartsOf(list: OrganizationList): readonly string[] {
  const encoded = encodedParts.get(list) ?? partsOf(list).map((part) => JSON.stringify(part));
  encodedParts.set(list, encoded);
  return encoded;
}

/**
 * The organizations of one connection's caller. The client requests the list once, and then
 * receives its changes.
 */
export class OrganizationListing {
  readonly #caller: Caller;
  readonly #memberships: Memberships;
  readonly #sink: ListSink;
  #version = 0;
  #shown: readonly ListedOrganization[] = [];
  #end: (() => void) | null = null;
  #isWaitingToWrite = false;
  /**
   * The number of requests in progress. Their responses include the changes that happen while they
   * run.
   */
  #pendingReads = 0;
  #isUnsent = false;

  constructor(caller: Caller, memberships: Memberships, sink: ListSink) {
    this.#caller = caller;
    this.#memberships = memberships;
    this.#sink = sink;
  }

  get isRequested(): boolean {
    return this.#end !== null;
  }

  /**
   * Resolves to the parts of the current list, and sends its changes from then on. Null when the
   * connection ended in between.
   */
  async read(): Promise<readonly OrganizationsFrame[] | null> {
    const key = this.#listKey();
    if (key === null) return [{ version: 0, organizations: [] }];
    this.#end ??= this.#memberships.watch(key, (list) => this.#changed(list));
    this.#pendingReads++;
    try {
      // The listener is not called if another connection of the user has already received the same
      // list.
      this.#take(await this.#memberships.read(key));
      this.#isUnsent = false;
      return this.#sink.isOver ? null : this.#frames();
    } finally {
      this.#pendingReads--;
      if (this.#isUnsent) this.#sendOrDefer();
    }
  }

  end(): void {
    this.#end?.();
    this.#end = null;
  }

  /**
   * The user whose organizations are listed, or the key for all organizations. Null for an
   * organization's token, which belongs to no user: its holder knows the organization.
   */
  #listKey(): string | null {
    const { actor } = this.#caller;
    if (actor.kind === 'service') return everyOrganization;
    if (actor.kind !== 'user') return null;
    const { tokenScopes } = actor;
    return tokenScopes === null || anyOrgScope.some((scope) => tokenScopes.has(scope)) ? actor.userId : null;
  }

  #frames(): OrganizationsFrame[] {
    const version = this.#version;
    const parts = partsOf(this.#shown);
    if (parts.length === 1) return [{ version, organizations: this.#shown }];
    return parts.map((organizations, part) => ({ version, organizations, part, parts: parts.length }));
  }

  #encodedFrames(): Frame[] {
    const parts = encodedPartsOf(this.#shown);
    return parts.map((organizations, part) => {
      const position = parts.length === 1 ? '' : `,"part":${part},"parts":${parts.length}`;
      return { event: 'organizations', json: `{"version":${this.#version},"organizations":${organizations}${position}}` };
    });
  }

  #changed(list: OrganizationList): void {
    if (this.#take(list)) this.#sendOrDefer();
  }

  #take(list: OrganizationList): boolean {
    const { actor } = this.#caller;
    const boundOrgIds = actor.kind === 'user' ? actor.boundOrgIds : null;
    const shown = boundOrgIds === null ? list : list.filter(({ id }) => boundOrgIds.has(id));
    // A list that isn't filtered is another object only if it differs.
    const isSame = boundOrgIds === null ? shown === this.#shown : JSON.stringify(shown) === JSON.stringify(this.#shown);
    if (isSame) return false;
    this.#shown = shown;
    this.#version++;
    return true;
  }

  /**
   * Sends the list, or marks it as unsent. A client that does not read receives only the last list,
   * when it reads again (rule R9).
   */
  #sendOrDefer(): void {
    this.#isUnsent = true;
    if (this.#sink.isOver || this.#isWaitingToWrite || this.#pendingReads > 0) return;
    if (this.#sink.isWritable()) {
      this.#isUnsent = false;
      for (const frame of this.#encodedFrames()) this.#sink.send(frame);
      return;
    }
    this.#isWaitingToWrite = true;
    void this.#sink.whenWritable().then(() => {
      this.#isWaitingToWrite = false;
      if (this.#isUnsent) this.#sendOrDefer();
    });
  }
}
