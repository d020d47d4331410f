import {
  addToChecksum,
  type Change,
  type Checksum,
  collectionOf,
  defaultOrgFlags,
  defaultOrgSettings,
  defaultOrgSso,
  type ExternalIdRecord,
  emptyChecksum,
  type ListedOrganization,
  type MemberRecord,
  newMemberFlags,
  type OrganizationRecord,
  type OrgRecord,
  organizationSubject,
  type ProjectRecord,
  type RevokeReason,
  type TeamMemberRecord,
  type TeamRecord,
} from '@rollcall/protocol';
import { ReplicaRecords } from '../replica-records.ts';

/** The connections that receive the changes of an organization. */
export interface TestOrganizationHost {
  step(organization: TestOrganization, changes: readonly Change[]): void;
  revoke(organization: TestOrganization, reason: string): void;
  newId(): string;
}

const dateCreated = '2026-01-02T03:04:05.000000Z';

/**
 * An organization of a test. Each method is one revision: when it returns, a client that is live
 * has the change. Fields that aren't given have the defaults of a new record.
 */
export class TestOrganization {
  readonly id: string;
  readonly #host: TestOrganizationHost;
  readonly #records = new ReplicaRecords();
  #revision = 1;
  #isVisible = true;

  /** @internal */
  constructor(fields: Partial<OrganizationRecord>, host: TestOrganizationHost) {
    this.id = fields.id ?? host.newId();
    this.#host = host;
    const { slug = `organization-${this.id}` } = fields;
    const record: OrganizationRecord = {
      slug,
      name: slug,
      status: 'active',
      dateCreated,
      defaultRole: 'member',
      avatarType: 'letter_avatar',
      avatarUuid: null,
      ...defaultOrgFlags,
      ...defaultOrgSso,
      ...defaultOrgSettings,
      ...fields,
      id: this.id,
    };
    this.#records.add('organization', record as unknown as OrgRecord);
  }

  get slug(): string {
    return this.#records.state.organization!.slug;
  }

  get revision(): number {
    return this.#revision;
  }

  /** @internal */
  get isVisible(): boolean {
    return this.#isVisible;
  }

  /** @internal */
  get listed(): ListedOrganization {
    const { id, slug, name, status } = this.#records.state.organization!;
    const external = this.#records.state.get('external-id', organizationSubject) as unknown as ExternalIdRecord | null;
    return { id, slug, name, status, orgRole: 'member', ...(external && { externalId: external.externalId }) };
  }

  update(fields: Partial<Omit<OrganizationRecord, 'id'>>): void {
    this.put('organization', { ...this.#records.state.organization!, ...fields });
  }

  /** Adds a member with a user. For an invite, pass `user: null` and `pending: true`. */
  addMember(fields: Partial<MemberRecord> & { readonly userId?: string } = {}): MemberRecord {
    const { userId, ...given } = fields;
    const id = fields.id ?? this.#host.newId();
    const { name = `Member ${id}`, email = `member-${id}@example.com` } = given;
    const member: MemberRecord = {
      id,
      email,
      name,
      user: { id: userId ?? this.#host.newId(), name, username: email, email, isActive: true, has2fa: false },
      orgRole: 'member',
      pending: false,
      flags: { ...newMemberFlags },
      dateCreated,
      inviteStatus: 'approved',
      inviterId: null,
      inviterName: null,
      inviteExpiresAt: null,
      ...given,
    };
    this.put('member', member);
    return member;
  }

  updateMember(memberId: string, fields: Partial<Omit<MemberRecord, 'id'>>): void {
    this.put('member', { ...this.#find('member', memberId), ...fields });
  }

  /** Removes a member, and their memberships in teams. */
  removeMember(memberId: string): void {
    this.#find('member', memberId);
    const rows = [...this.#records.state.all()].filter(({ kind, record }) => kind === 'team-member' && record.memberId === memberId);
    this.#commit([
      ...rows.map(({ record: { id } }): Change => ({ op: 'remove', kind: 'team-member', id })),
      { op: 'remove', kind: 'member', id: memberId },
    ]);
  }

  addTeam(fields: Partial<TeamRecord> = {}): TeamRecord {
    const id = fields.id ?? this.#host.newId();
    const { slug = `team-${id}` } = fields;
    const team: TeamRecord = { slug, name: slug, dateCreated, flags: { 'idp:provisioned': false }, ...fields, id };
    this.put('team', team);
    return team;
  }

  /** Adds a member to a team, or changes their role in it. */
  addTeamMember(teamId: string, memberId: string, teamRole: TeamMemberRecord['teamRole'] = null): void {
    this.put('team-member', { id: `${teamId}:${memberId}`, teamId, memberId, teamRole });
  }

  /** Adds a project of some teams. */
  addProject(fields: Partial<ProjectRecord> = {}, teamIds: readonly string[] = []): ProjectRecord {
    const id = fields.id ?? this.#host.newId();
    const { slug = `project-${id}` } = fields;
    const project: ProjectRecord = { slug, name: slug, platform: null, dateCreated, ...fields, id };
    const rows = teamIds.map((teamId) => ({ id: `${id}:${teamId}`, projectId: id, teamId }));
    this.#commit([putOf('project', project), ...rows.map((row) => putOf('project-team', row))]);
    return project;
  }

  /** Stores a record of any kind, whole. */
  put<Stored extends { readonly id: string }>(kind: string, record: Stored): void {
    this.#commit([putOf(kind, record)]);
  }

  remove(kind: string, id: string): void {
    this.#find(kind, id);
    this.#commit([{ op: 'remove', kind, id }]);
  }

  /** Ends the access of the client. Later subscriptions are denied. */
  revoke(reason: RevokeReason = 'removed'): void {
    this.#isVisible = false;
    this.#revision++;
    this.#host.revoke(this, reason);
  }

  /** @internal */
  changesFor(collections: readonly string[] | null, changes: readonly Change[]): Change[] {
    return changes.map((change) => {
      if (change.op !== 'put' || isIn(collections, change.kind, change.record)) return change;
      // The record may have left the collections: an invite that was accepted is a member.
      return { op: 'remove', kind: change.kind, id: change.id };
    });
  }

  /** @internal */
  visibleTo(collections: readonly string[] | null): Checksum & { readonly records: object[] } {
    const all = [...this.#records.state.all()].filter(({ kind, record }) => isIn(collections, kind, record));
    const records = all.map(({ kind, record }) => ({ kind, id: record.id, record }));
    return { ...all.reduce((sum, { kind, record }) => addToChecksum(sum, kind, record), emptyChecksum), records };
  }

  #find(kind: string, id: string): OrgRecord {
    const record = this.#records.state.get(kind, id);
    if (!record) throw new Error(`The organization has no ${kind} with the id ${id}.`);
    return record;
  }

  #commit(changes: readonly Change[]): void {
    this.#records.apply(changes);
    this.#revision++;
    this.#host.step(this, changes);
  }
}

function putOf(kind: string, record: { readonly id: string }): Change {
  return { op: 'put', kind, id: record.id, record: record as OrgRecord };
}

function isIn(collections: readonly string[] | null, kind: string, record: OrgRecord): boolean {
  return collections === null || collections.some((collection) => collection === collectionOf(kind, record));
}
