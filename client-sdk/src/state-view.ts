import type {
  AccessRequestRecord,
  AuditEntryRecord,
  AuthTokenRecord,
  MemberRecord,
  OrganizationRecord,
  OrgRecord,
  OrgState,
  ProjectKeyRecord,
  ProjectRecord,
  ProjectSettingsRecord,
  ProjectTeamRecord,
  TeamMemberRecord,
  TeamRecord,
} from '@rollcall/protocol';

/** An organization as this client may see it, frozen throughout. A part that did not change is the same object as before. */
export interface OrganizationState {
  /** Null until known. */
  readonly id: string | null;
  /** All up to here is in it. Null without a copy: then everything else is empty. */
  readonly revision: number | null;
  /** Its flags and settings are in it. */
  readonly organization: OrganizationRecord | null;
  /** Those with a user, in the order of their ids; so is every list. */
  readonly members: readonly MemberRecord[];
  /** Members without a user yet. */
  readonly invites: readonly MemberRecord[];
  readonly teams: readonly TeamRecord[];
  readonly teamMembers: readonly TeamMemberRecord[];
  readonly projects: readonly ProjectRecord[];
  readonly projectTeams: readonly ProjectTeamRecord[];
  readonly projectKeys: readonly ProjectKeyRecord[];
  /** Of the projects of which something was ever set; `defaultProjectSettings` are those of the others. */
  readonly projectSettings: readonly ProjectSettingsRecord[];
  readonly tokens: readonly AuthTokenRecord[];
  /** The newest entries of the audit log, oldest first; the server keeps 100 to 200 of them live. Older ones: REST. */
  readonly audit: readonly AuditEntryRecord[];
  /** Who waits for a place on a team, for those who decide in the whole organization. */
  readonly accessRequests: readonly AccessRequestRecord[];
  /** Records of kinds that this version has no name for, by kind. */
  readonly others: { readonly [kind: string]: readonly OrgRecord[] };
}

const noRecords: readonly never[] = Object.freeze([]);

/** Before the first copy, and after the last. */
export const emptyState: OrganizationState = Object.freeze({
  id: null,
  revision: null,
  organization: null,
  members: noRecords,
  invites: noRecords,
  teams: noRecords,
  teamMembers: noRecords,
  projects: noRecords,
  projectTeams: noRecords,
  projectKeys: noRecords,
  projectSettings: noRecords,
  tokens: noRecords,
  audit: noRecords,
  accessRequests: noRecords,
  others: Object.freeze({}),
});

const collectionOfKind = {
  team: 'teams',
  'team-member': 'teamMembers',
  project: 'projects',
  'project-team': 'projectTeams',
  'project-key': 'projectKeys',
  'project-settings': 'projectSettings',
  'auth-token': 'tokens',
  'audit-entry': 'audit',
  'access-request': 'accessRequests',
} as const;

/** Makes the frozen state when it is asked for, and again only for the kinds that changed since. */
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
  } else if (Object.hasOwn(collectionOfKind, kind)) {
    const collection = collectionOfKind[kind as keyof typeof collectionOfKind];
    const records = draft as unknown as Record<string, readonly OrgRecord[]>;
    records[collection] = keepIfSame(records[collection]!, sortedById(source, kind));
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

/** By number for decimal ids, and for pairs of them (`12:7`) by the first, then the second. A total order for any text. */
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
