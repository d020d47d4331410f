import { type OrganizationsFrame, organizationsPerFrameMax, type Scope } from '@rollcall/protocol';
import type { Caller } from '../identity/caller.ts';
import { everyOrganization, type Memberships, type OrganizationList } from '../read-path/people/memberships.ts';
import type { PacedSink } from './sending/paced-sink.ts';

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

interface ListRequest {
  /** Receives the first part. */
  acknowledge(first: OrganizationsFrame): void;
  /** Called when all parts were sent, or the connection ended. */
  done(): void;
}

/**
 * The organizations of one connection's caller. The client requests the list once, and then
 * receives its changes.
 */
export class OrganizationListing {
  readonly #caller: Caller;
  readonly #memberships: Memberships;
  readonly #sink: PacedSink;
  #version = 0;
  #shown: OrganizationList = [];
  #end: (() => void) | null = null;
  /**
   * The number of requests whose list is being read. Their responses include the changes that
   * happen while they run.
   */
  #pendingReads = 0;
  /** The requests whose list was read, and which have no response yet. */
  readonly #requests: ListRequest[] = [];
  #isUnsent = false;
  #isSending = false;

  constructor(caller: Caller, memberships: Memberships, sink: PacedSink) {
    this.#caller = caller;
    this.#memberships = memberships;
    this.#sink = sink;
  }

  get isRequested(): boolean {
    return this.#end !== null;
  }

  /**
   * Acknowledges a request with the first part of the current list, and sends the other parts. From
   * then on, sends the changes. Resolves when all parts were sent, or the connection ended. Rejects
   * while the database is unavailable.
   */
  async respond(acknowledge: (first: OrganizationsFrame) => void): Promise<void> {
    const key = this.#listKey();
    if (key === null) return acknowledge({ version: 0, organizations: [] });
    this.#end ??= this.#memberships.watch(key, (list) => this.#changed(list));
    this.#pendingReads++;
    let done = Promise.resolve();
    try {
      // The listener is not called if another connection of the user has already received the same
      // list.
      this.#take(await this.#memberships.read(key));
      done = new Promise((resolve) => this.#requests.push({ acknowledge, done: resolve }));
    } finally {
      this.#pendingReads--;
      void this.#sendLists();
    }
    await done;
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

  #changed(list: OrganizationList): void {
    if (!this.#take(list)) return;
    this.#isUnsent = true;
    void this.#sendLists();
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

  /** Sends one list after the other, so that the parts of each follow one another. */
  async #sendLists(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#requests.length > 0 || (this.#isUnsent && this.#pendingReads === 0)) {
      const request = this.#requests.shift();
      await this.#sendList(request?.acknowledge);
      request?.done();
    }
    this.#isSending = false;
  }

  /**
   * Sends the parts of the current list, each when the client has read most of the previous ones. A
   * client that does not read receives only the last list, when it reads again (rule R9).
   */
  async #sendList(acknowledge: ListRequest['acknowledge'] | undefined): Promise<void> {
    if (!this.#sink.isWritable()) await this.#sink.whenWritable();
    this.#isUnsent = false;
    const version = this.#version;
    const shown = this.#shown;
    // A user's list has one part, since it is cut. The position shows that a service's list is
    // whole.
    const isInParts = this.#caller.actor.kind === 'service';
    const parts = partsOf(shown);
    for (const [part, organizations] of parts.entries()) {
      if (part > 0 && !this.#sink.isWritable()) await this.#sink.whenWritable();
      if (this.#sink.isOver) return;
      if (part === 0 && acknowledge) {
        acknowledge({ version, organizations, ...(isInParts && { part, parts: parts.length }) });
      } else {
        const position = isInParts ? `,"part":${part},"parts":${parts.length}` : '';
        const json = `{"version":${version},"organizations":${encodedPartsOf(shown)[part]}${position}}`;
        this.#sink.send({ event: 'organizations', json });
      }
    }
  }
}
