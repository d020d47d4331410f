import {
  type AccessRequestRecord,
  type AuditEntryRecord,
  type ExternalIdRecord,
  listedKind,
  listedKinds,
  type MemberRecord,
  type OrganizationRecord,
  type OrgRecord,
  type OrgState,
  type ProjectSettingsRecord,
  type RecordLists,
} from '@rollcall/protocol';

/**
 * The part of an organization that this client may see, frozen deeply. An unchanged part is the
 * same object as before.
 */
export interface OrganizationState extends RecordLists {
  /** Null until known. */
  readonly id: string | null;
  /**
   * The state contains all changes up to this revision. Null without a replica, and then everything
   * else is empty.
   */
  readonly revision: number | null;
  /** Includes its flags and settings. */
  readonly organization: OrganizationRecord | null;
  /** Members with a user, sorted by id like every list. */
  readonly members: readonly MemberRecord[];
  /** Members without a user yet. */
  readonly invites: readonly MemberRecord[];
  /**
   * The settings of projects in which any was ever changed. The other projects have
   * `defaultProjectSettings`.
   */
  readonly projectSettings: readonly ProjectSettingsRecord[];
  /**
   * The newest entries of the audit log, oldest first. The server keeps 100 to 200 of them live.
   * REST returns older ones.
   */
  readonly audit: readonly AuditEntryRecord[];
  /** Requests to join a team, for callers who decide them in the whole organization. */
  readonly accessRequests: readonly AccessRequestRecord[];
  /**
   * The external ids of the members' users, by the user's id, and that of the organization, with
   * the id `organization`. Only service tokens see them.
   */
  readonly externalIds: readonly ExternalIdRecord[];
  /** Records of kinds that this version doesn't know, by kind. */
  readonly others: { readonly [kind: string]: readonly OrgRecord[] };
}

const noRecords: readonly never[] = Object.freeze([]);

const emptyLists = Object.fromEntries(Object.values(listedKinds).map(({ list }) => [list, noRecords])) as unknown as RecordLists;

/** The state before the first snapshot and after access ended. */
export const emptyState: OrganizationState = Object.freeze({
  id: null,
  revision: null,
  organization: null,
  members: noRecords,
  invites: noRecords,
  ...emptyLists,
  others: Object.freeze({}),
});

/** Creates the frozen state on demand, and rebuilds only the kinds that changed. */
export class StateView {
  #state = emptyState;
  readonly #changedKinds = new Set<string>();

  markChanged(kind: string): void {
    this.#changedKinds.add(kind);
  }

  clear(): void {
    this.#changedKinds.clear();
    this.#state = emptyState;
  }

  read(source: OrgState, id: string | null, revision: number | null): OrganizationState {
    if (revision === null) return this.#state;
    if (this.#changedKinds.size === 0 && this.#state.revision === revision && this.#state.id === id) return this.#state;
    const draft: { -readonly [K in keyof OrganizationState]: OrganizationState[K] } = { ...this.#state, id, revision };
    for (const kind of this.#changedKinds) rebuild(draft, source, kind);
    this.#changedKinds.clear();
    this.#state = Object.freeze(draft);
    return this.#state;
  }
}

function rebuild(draft: { -readonly [K in keyof OrganizationState]: OrganizationState[K] }, source: OrgState, kind: string): void {
  const listed = listedKind(kind);
  if (kind === 'organization') {
    draft.organization = source.organization;
  } else if (kind === 'member') {
    const members = sortedById(source, kind) as unknown as MemberRecord[];
    draft.members = keepIfSame(
      draft.members,
      members.filter((member) => !member.pending),
    );
    draft.invites = keepIfSame(
      draft.invites,
      members.filter((member) => member.pending),
    );
  } else if (listed) {
    const records = draft as unknown as Record<string, readonly OrgRecord[]>;
    records[listed.list] = keepIfSame(records[listed.list]!, sortedById(source, kind));
  } else {
    const others = new Map(Object.entries(draft.others));
    const records = sortedById(source, kind);
    if (records.length > 0) others.set(kind, keepIfSame(others.get(kind) ?? noRecords, records));
    else others.delete(kind);
    draft.others = Object.freeze(Object.fromEntries(others));
  }
}

function sortedById(source: OrgState, kind: string): OrgRecord[] {
  return [...source.recordsOf(kind).values()].sort((a, b) => compareIds(a.id, b.id));
}

function keepIfSame<T>(before: readonly T[], after: T[]): readonly T[] {
  const isSame = before.length === after.length && after.every((record, index) => record === before[index]);
  return isSame ? before : Object.freeze(after);
}

/**
 * Compares decimal ids by number, and pairs of them (`12:7`) by the first, then the second. A total
 * order for any text.
 */
export function compareIds(a: string, b: string): number {
  const headA = headLength(a);
  const headB = headLength(b);
  if (headA !== headB) return headA - headB;
  if (a.length === b.length) return compareTexts(a, b);
  return compareTexts(a.slice(0, headA), b.slice(0, headB)) || a.length - b.length;
}

function headLength(id: string): number {
  const colon = id.indexOf(':');
  return colon === -1 ? id.length : colon;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
