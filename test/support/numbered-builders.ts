// Records with ids that a test can name, for tests that combine several records of a kind.
import {
  type MemberRecord,
  type OrganizationRecord,
  type OrgRecord,
  OrgState,
  type ProjectKeyRecord,
  type ProjectRecord,
  type ProjectTeamRecord,
  projectTeamId,
  type RecordKind,
  type Scope,
  type TeamMemberRecord,
  type TeamRecord,
  type TeamRoleId,
  teamMemberId,
} from '@rollcall/protocol';
import { type Actor, userActor } from '../../server/src/domain/actor.ts';
import { newProjectKey } from '../../server/src/domain/projects/project-keys.ts';
import type { CommandContext } from '../../server/src/write-path/command.ts';
import * as unnumbered from './builders.ts';
import { commandContext } from './command-context.ts';

const orgId = '1';

export function anOrganization(fields: Partial<OrganizationRecord> = {}): OrganizationRecord {
  return unnumbered.anOrganization({ id: orgId, ...fields });
}

/** A member whose user has the id of the member plus 1000 and the address `m<id>@example.com`. */
export function aMember(id: string, fields: Partial<MemberRecord> = {}): MemberRecord {
  return unnumbered.aMember({ id, email: `m${id}@example.com`, ...fields }, { id: userIdOf(id), email: `m${id}@example.com` });
}

function userIdOf(memberId: string): string {
  return String(Number(memberId) + 1000);
}

export function aTeam(id: string, fields: Partial<TeamRecord> = {}): TeamRecord {
  return unnumbered.aTeam(`team-${id}`, { id, ...fields });
}

export function onTeam(team: TeamRecord, member: MemberRecord, teamRole: TeamRoleId | null = null): TeamMemberRecord {
  return { id: teamMemberId(team.id, member.id), teamId: team.id, memberId: member.id, teamRole };
}

export function aProject(id: string, fields: Partial<ProjectRecord> = {}): ProjectRecord {
  return { id, slug: `project-${id}`, name: `Project ${id}`, platform: null, dateCreated: unnumbered.now, ...fields };
}

/** @param digit repeated 32 times, it is the key's id */
export function aProjectKey(digit: string, project: ProjectRecord): ProjectKeyRecord {
  return newProjectKey({ id: digit.repeat(32), projectId: project.id, name: `Key ${digit}`, now: unnumbered.now });
}

export function ofTeam(project: ProjectRecord, team: TeamRecord): ProjectTeamRecord {
  return { id: projectTeamId(project.id, team.id), projectId: project.id, teamId: team.id };
}

/** A state of the given records by kind. The organization is created if it is missing. */
export function stateOf(records: Partial<Record<RecordKind, readonly OrgRecord[]>>): OrgState {
  const state = new OrgState();
  state.put('organization', records.organization?.[0] ?? anOrganization());
  for (const [kind, ofKind] of Object.entries(records)) for (const record of ofKind) state.put(kind, record);
  return state;
}

/** The user of a member, with a session or, if scopes are given, a token. */
export function asUser(memberId: string, tokenScopes: readonly Scope[] | null = null): Actor {
  return { ...userActor(userIdOf(memberId)), tokenScopes: tokenScopes && new Set(tokenScopes) };
}

export function asOrgToken(...tokenScopes: Scope[]): Actor {
  return { kind: 'org-token', tokenId: '900', orgId, tokenScopes: new Set(tokenScopes), isForScim: false, address: null, at: 0 };
}

export function contextOf(actor: Actor, given: Partial<CommandContext> = {}): CommandContext {
  return commandContext({ orgId, actor, now: unnumbered.now, ...given });
}
