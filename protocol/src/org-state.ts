import type { Change } from './changes.ts';
import type {
  MemberRecord,
  OrganizationRecord,
  OrgRecord,
  ProjectRecord,
  ProjectTeamRecord,
  TeamMemberRecord,
  TeamRecord,
} from './records.ts';
import type { RetentionRecord } from './retention-record.ts';
import type { AuthProviderRecord, IpAllowListRecord } from './security-records.ts';

/** The effect of a change: the record before and after. */
export interface AppliedChange {
  readonly kind: string;
  readonly id: string;
  readonly before: OrgRecord | null;
  readonly after: OrgRecord | null;
}

/**
 * Thrown for an op that this version doesn't know. The reader must fetch a new snapshot, because
 * skipping the change would corrupt the state.
 */
export class UnknownOpError extends Error {
  override readonly name = 'UnknownOpError';
}

const noRecords: ReadonlyMap<string, never> = new Map<string, never>();
const noIds: ReadonlySet<string> = new Set<string>();

/**
 * The records of one organization, all or some, with the three indexes that access rules need.
 * Feeds, replicas, the write path and tests all use this class, so that a change has the same
 * effect everywhere.
 */
export class OrgState {
  readonly #records = new Map<string, Map<string, OrgRecord>>();
  // Every decision reads these two.
  #organization: OrganizationRecord | null = null;
  readonly #memberByUser = new Map<string, MemberRecord>();
  readonly #teamIdsByMember = new Map<string, Set<string>>();
  readonly #teamIdsByProject = new Map<string, Set<string>>();

  static from(records: Iterable<{ readonly kind: string; readonly record: OrgRecord }>): OrgState {
    const state = new OrgState();
    for (const { kind, record } of records) state.put(kind, record);
    return state;
  }

  get organization(): OrganizationRecord | null {
    return this.#organization;
  }

  get authProvider(): AuthProviderRecord | null {
    return this.#onlyOne('auth-provider') as unknown as AuthProviderRecord | null;
  }

  get ipAllowList(): IpAllowListRecord | null {
    return this.#onlyOne('ip-allow-list') as unknown as IpAllowListRecord | null;
  }

  /** Null if all settings have their defaults, or if the record was not loaded. */
  get retention(): RetentionRecord | null {
    return this.#onlyOne('retention') as unknown as RetentionRecord | null;
  }

  get size(): number {
    let size = 0;
    for (const records of this.#records.values()) size += records.size;
    return size;
  }

  get(kind: string, id: string): OrgRecord | null {
    return this.#records.get(kind)?.get(id) ?? null;
  }

  recordsOf(kind: string): ReadonlyMap<string, OrgRecord> {
    return this.#records.get(kind) ?? noRecords;
  }

  kinds(): Iterable<string> {
    return this.#records.keys();
  }

  *all(): Generator<{ readonly kind: string; readonly record: OrgRecord }> {
    for (const [kind, records] of this.#records) for (const record of records.values()) yield { kind, record };
  }

  member(id: string): MemberRecord | null {
    return this.get('member', id) as unknown as MemberRecord | null;
  }

  memberOfUser(userId: string): MemberRecord | null {
    return this.#memberByUser.get(userId) ?? null;
  }

  team(id: string): TeamRecord | null {
    return this.get('team', id) as unknown as TeamRecord | null;
  }

  teamMember(teamId: string, memberId: string): TeamMemberRecord | null {
    return this.get('team-member', `${teamId}:${memberId}`) as unknown as TeamMemberRecord | null;
  }

  project(id: string): ProjectRecord | null {
    return this.get('project', id) as unknown as ProjectRecord | null;
  }

  teamIdsOfMember(memberId: string): ReadonlySet<string> {
    return this.#teamIdsByMember.get(memberId) ?? noIds;
  }

  teamIdsOfProject(projectId: string): ReadonlySet<string> {
    return this.#teamIdsByProject.get(projectId) ?? noIds;
  }

  /**
   * Applies one change and returns its effect. Removing a missing record does nothing.
   * @throws UnknownOpError for an op of a newer version
   */
  apply(change: Change): AppliedChange {
    const { kind, id } = change;
    switch (change.op) {
      case 'put':
        return { kind, id, before: this.put(kind, change.record), after: change.record };
      case 'remove':
      case 'forget':
        return { kind, id, before: this.remove(kind, id), after: null };
      default:
        throw new UnknownOpError(`This version of Rollcall does not know the operation "${String((change as { op: unknown }).op)}".`);
    }
  }

  put(kind: string, record: OrgRecord): OrgRecord | null {
    const records = this.#records.get(kind) ?? new Map<string, OrgRecord>();
    this.#records.set(kind, records);
    const before = records.get(record.id) ?? null;
    if (before) this.#unindex(kind, before);
    records.set(record.id, record);
    this.#index(kind, record);
    return before;
  }

  remove(kind: string, id: string): OrgRecord | null {
    const records = this.#records.get(kind);
    const before = records?.get(id) ?? null;
    if (!records || !before) return null;
    this.#unindex(kind, before);
    records.delete(id);
    return before;
  }

  /** The record of a kind of which an organization has at most one. */
  #onlyOne(kind: string): OrgRecord | null {
    for (const record of this.recordsOf(kind).values()) return record;
    return null;
  }

  #index(kind: string, record: OrgRecord): void {
    if (kind === 'organization') {
      this.#organization = record as unknown as OrganizationRecord;
    } else if (kind === 'member') {
      const member = record as unknown as MemberRecord;
      if (member.user) this.#memberByUser.set(member.user.id, member);
    } else if (kind === 'team-member') {
      const { teamId, memberId } = record as unknown as TeamMemberRecord;
      addTo(this.#teamIdsByMember, memberId, teamId);
    } else if (kind === 'project-team') {
      const { teamId, projectId } = record as unknown as ProjectTeamRecord;
      addTo(this.#teamIdsByProject, projectId, teamId);
    }
  }

  #unindex(kind: string, record: OrgRecord): void {
    if (kind === 'organization') {
      this.#organization = null;
    } else if (kind === 'member') {
      const { id, user } = record as unknown as MemberRecord;
      // A user who was removed and added again has a new member. The end of the older row must not
      // hide the newer one.
      if (user && this.#memberByUser.get(user.id)?.id === id) this.#memberByUser.delete(user.id);
    } else if (kind === 'team-member') {
      const { teamId, memberId } = record as unknown as TeamMemberRecord;
      this.#teamIdsByMember.get(memberId)?.delete(teamId);
    } else if (kind === 'project-team') {
      const { teamId, projectId } = record as unknown as ProjectTeamRecord;
      this.#teamIdsByProject.get(projectId)?.delete(teamId);
    }
  }
}

function addTo(index: Map<string, Set<string>>, key: string, value: string): void {
  const values = index.get(key);
  if (values) values.add(value);
  else index.set(key, new Set([value]));
}
