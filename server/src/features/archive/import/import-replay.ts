import {
  type LogChange,
  type MemberRecord,
  type MemberUser,
  type OrgRoleId,
  type OrgState,
  type ProjectRecord,
  projectTeamId,
  type TeamMemberRecord,
  type TeamRecord,
  type TeamRoleId,
  teamMemberId,
  toStoredTeamRole,
} from '@rollcall/protocol';
import { memberWithRole } from '../../../domain/access/recovery-owners.ts';
import { isProvisionedInvite } from '../../../domain/invites/invites.ts';
import { invitesOfPerson, withdrawnInvites } from '../../../domain/members/member-removal.ts';
import { newMember } from '../../../domain/organizations/new-organization.ts';
import { PendingChanges } from '../../../domain/pending-changes.ts';
import { defaultKeyName, newProjectKey } from '../../../domain/projects/project-keys.ts';
import { nameSlug } from '../../../domain/slugs.ts';
import { BySlug } from './by-slug.ts';
import type { ImportOperation, SkipReason } from './parse-import-lines.ts';
import type { Respellings } from './respellings.ts';

export interface ReplayFacts {
  readonly state: OrgState;
  /** Users by login, in lower case. */
  readonly users: ReadonlyMap<string, MemberUser>;
  /** New ids, enough for every record that could be created. */
  readonly ids: readonly string[];
  /** New ids for the keys of projects, enough for every key that could be created. */
  readonly keyIds: readonly string[];
  readonly respellings: Respellings;
  readonly now: string;
}

/** Applies operations in order to a state in memory, without queries, clock or randomness. */
export class ImportReplay {
  readonly #facts: ReplayFacts;
  readonly #changes: PendingChanges;
  readonly #ids: Iterator<string>;
  readonly #keyIds: Iterator<string>;
  readonly #teams: BySlug<TeamRecord>;
  readonly #projects: BySlug<ProjectRecord>;

  constructor(facts: ReplayFacts) {
    this.#facts = facts;
    this.#changes = new PendingChanges(facts.state);
    this.#ids = facts.ids.values();
    this.#keyIds = facts.keyIds.values();
    this.#teams = new BySlug([...facts.state.recordsOf('team').values()] as unknown as TeamRecord[]);
    this.#projects = new BySlug([...facts.state.recordsOf('project').values()] as unknown as ProjectRecord[]);
  }

  get changes(): LogChange[] {
    return this.#changes.net();
  }

  /**
   * Returns the reason why the operation was skipped. Returns null if it was applied or the state
   * already matched.
   */
  play(operation: ImportOperation): SkipReason | null {
    this.#facts.respellings.enter(operation.commit);
    switch (operation.op) {
      case 'member.add':
        return this.#addMember(operation.login, operation.role);
      case 'member.role':
        return this.#changeRole(operation.login, operation.role);
      case 'member.remove':
        return this.#removeMember(operation.login);
      case 'team.create':
        return this.#createTeam(operation.team);
      case 'team.remove':
        return this.#onTeam(operation.team, null, (team) => this.#removeTeam(team));
      case 'team.join':
        return this.#onTeam(operation.team, 'unknown-team', (team) => this.#joinTeam(team, operation.login, operation.role));
      case 'team.role':
        return this.#onTeam(operation.team, 'unknown-team', (team) => this.#changeTeamRole(team, operation.login, operation.role));
      case 'team.leave':
        return this.#onTeam(operation.team, null, (team) => this.#leaveTeam(team, operation.login));
      case 'project.assign':
        return this.#onTeam(operation.team, 'unknown-team', (team) => this.#assignProject(team, operation.project));
      case 'project.unassign':
        return this.#onTeam(operation.team, null, (team) => this.#unassignProject(team, operation.project));
    }
  }

  #allocateId(): string {
    return this.#ids.next().value!;
  }

  #userOf(login: string): MemberUser | undefined {
    return this.#facts.users.get(login.toLowerCase());
  }

  #memberOf(login: string): MemberRecord | null {
    const user = this.#userOf(login);
    return user ? this.#facts.state.memberOfUser(user.id) : null;
  }

  #addMember(login: string, role: OrgRoleId): null {
    const member = this.#memberOf(login);
    if (member) {
      this.#facts.respellings.add('member', login);
      return this.#setRole(member, role);
    }
    const user = this.#userOf(login)!;
    this.#removeInvitesOf(user);
    this.#changes.put('member', newMember({ id: this.#allocateId(), user, orgRole: role, now: this.#facts.now }));
    return null;
  }

  #changeRole(login: string, role: OrgRoleId): SkipReason | null {
    const member = this.#memberOf(login);
    return member ? this.#setRole(member, role) : 'not-a-member';
  }

  /** Team roles that the new role already gives are no longer stored (REST contract 17.6). */
  #setRole(member: MemberRecord, orgRole: OrgRoleId): null {
    this.#changes.put('member', memberWithRole(member, orgRole));
    for (const row of this.#rowsOf(member)) {
      this.#changes.put('team-member', { ...row, teamRole: toStoredTeamRole(row.teamRole, orgRole) });
    }
    return null;
  }

  /** A locked-out member is removed too: setting up a second factor would reinstate them. */
  #removeMember(login: string): null {
    const user = this.#userOf(login);
    if (!user || this.#facts.respellings.isOldSpelling('member', login)) return null;
    const member = this.#facts.state.memberOfUser(user.id);
    if (member) {
      const invited = this.#pendingMembers().filter(({ inviterId }) => inviterId === user.id);
      for (const invite of withdrawnInvites(invited)) this.#removeWithTeams(invite);
      this.#removeWithTeams(member);
    }
    for (const lockedOut of this.#pendingMembers()) if (lockedOut.detachedUser?.id === user.id) this.#removeWithTeams(lockedOut);
    return null;
  }

  /** As `add-member`, also removes the user's own locked-out member. */
  #removeInvitesOf({ id, email }: MemberUser): void {
    for (const invite of invitesOfPerson(this.#pendingMembers(), id)) {
      const isOfUser = invite.detachedUser !== undefined || invite.email?.toLowerCase() === email?.toLowerCase();
      if (isOfUser && !isProvisionedInvite(invite)) this.#removeWithTeams(invite);
    }
  }

  #pendingMembers(): MemberRecord[] {
    const members = [...this.#facts.state.recordsOf('member').values()] as unknown as MemberRecord[];
    return members.filter(({ pending }) => pending);
  }

  #removeWithTeams(member: MemberRecord): void {
    for (const row of this.#rowsOf(member)) this.#changes.remove('team-member', row.id);
    this.#changes.remove('member', member.id);
  }

  /** Returns an array, because the callers change the underlying set. */
  #rowsOf({ id }: MemberRecord): TeamMemberRecord[] {
    const { state } = this.#facts;
    return [...state.teamIdsOfMember(id)].map((teamId) => state.teamMember(teamId, id)!);
  }

  /**
   * @param whenUnknown the result if the team does not exist; null if the operation has nothing to
   * do then
   */
  #onTeam(name: string, whenUnknown: SkipReason | null, act: (team: TeamRecord) => SkipReason | null): SkipReason | null {
    const found = this.#teams.find(name);
    if (typeof found === 'string') return found;
    return found ? act(found) : whenUnknown;
  }

  #createTeam(name: string): SkipReason | null {
    const found = this.#teams.find(name);
    if (typeof found === 'string') return found;
    if (found) return null;
    const { now } = this.#facts;
    const team = { id: this.#allocateId(), slug: nameSlug(name), name, dateCreated: now, flags: { 'idp:provisioned': false } };
    this.#teams.add(team);
    this.#changes.put('team', team);
    return null;
  }

  #removeTeam(team: TeamRecord): null {
    const { state } = this.#facts;
    for (const kind of ['team-member', 'project-team'] as const) {
      const ofTeam = [...state.recordsOf(kind).values()].filter(({ teamId }) => teamId === team.id);
      for (const { id } of ofTeam) this.#changes.remove(kind, id);
    }
    this.#teams.delete(team);
    this.#changes.remove('team', team.id);
    return null;
  }

  #joinTeam(team: TeamRecord, login: string, role: TeamRoleId): SkipReason | null {
    const member = this.#memberOf(login);
    if (!member) return 'not-a-member';
    if (this.#facts.state.teamMember(team.id, member.id)) this.#facts.respellings.add(`team/${team.id}`, login);
    return this.#putOnTeam(team, member, role);
  }

  #changeTeamRole(team: TeamRecord, login: string, role: TeamRoleId): SkipReason | null {
    const member = this.#memberOf(login);
    if (!member) return 'not-a-member';
    return this.#facts.state.teamMember(team.id, member.id) ? this.#putOnTeam(team, member, role) : 'not-on-team';
  }

  #putOnTeam(team: TeamRecord, member: MemberRecord, role: TeamRoleId): null {
    const ids = { id: teamMemberId(team.id, member.id), teamId: team.id, memberId: member.id };
    this.#changes.put('team-member', { ...ids, teamRole: toStoredTeamRole(role, member.orgRole) });
    return null;
  }

  #leaveTeam(team: TeamRecord, login: string): null {
    const member = this.#memberOf(login);
    if (!member || this.#facts.respellings.isOldSpelling(`team/${team.id}`, login)) return null;
    this.#changes.remove('team-member', teamMemberId(team.id, member.id));
    return null;
  }

  #assignProject(team: TeamRecord, name: string): SkipReason | null {
    const found = this.#projects.find(name);
    if (typeof found === 'string') return found;
    const project = found ?? this.#createProject(name);
    const ids = { id: projectTeamId(project.id, team.id), projectId: project.id, teamId: team.id };
    this.#changes.put('project-team', ids);
    return null;
  }

  #createProject(name: string): ProjectRecord {
    const { now } = this.#facts;
    const project = { id: this.#allocateId(), slug: nameSlug(name), name, platform: null, dateCreated: now };
    this.#projects.add(project);
    this.#changes.put('project', project);
    const id = this.#keyIds.next().value!;
    this.#changes.put('project-key', newProjectKey({ id, projectId: project.id, name: defaultKeyName, now }));
    return project;
  }

  #unassignProject(team: TeamRecord, name: string): SkipReason | null {
    const found = this.#projects.find(name);
    if (typeof found === 'string') return found;
    if (found) this.#changes.remove('project-team', projectTeamId(found.id, team.id));
    return null;
  }
}
