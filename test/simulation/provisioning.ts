import type { LogChange, MemberRecord, OrgState, ProjectTeamRecord, Scope, TeamMemberRecord, TeamRecord } from '@rollcall/protocol';
import type { Actor } from '../../server/src/domain/actor.ts';
import { scimCreateGroup } from '../../server/src/features/scim/commands/scim-create-group.ts';
import { scimCreateUser } from '../../server/src/features/scim/commands/scim-create-user.ts';
import { scimRemoveGroup } from '../../server/src/features/scim/commands/scim-remove-group.ts';
import { scimRemoveUser } from '../../server/src/features/scim/commands/scim-remove-user.ts';
import { scimUpdateGroup } from '../../server/src/features/scim/commands/scim-update-group.ts';
import { scimUpdateUser } from '../../server/src/features/scim/commands/scim-update-user.ts';
import type { SeededRandom } from '../support/seeds.ts';
import { type BrokenRule, type Command, contextOf, nothing, type Write } from './command.ts';
import { networks, orgId } from './people.ts';
import { membersOf, recordsOf } from './records.ts';
import type { Version } from './simulated-log.ts';
import { isScimOn } from './single-sign-on.ts';

/** The commands of SCIM, decided by the product. The identity provider calls with its token. */

const provider: Actor = {
  kind: 'org-token',
  tokenId: '901',
  orgId,
  tokenScopes: new Set<Scope>(['member:read', 'member:write', 'member:admin', 'team:read', 'team:write', 'team:admin']),
  isForScim: true,
  address: networks[0].replace('0/24', '9'),
  at: 0,
};

export class Provisioning {
  readonly #id: () => string;
  readonly commands: readonly Command[];

  /** @param addresses the addresses of the persons whom the provider knows */
  constructor(id: () => string, addresses: readonly string[]) {
    this.#id = id;
    const commands: readonly (readonly [string, (state: OrgState, random: SeededRandom) => Write])[] = [
      ['scim-create-user', (state, random) => this.#createUser(state, random.pick(addresses))],
      ['scim-create-user', (state, random) => this.#createUser(state, random.pick(addresses))],
      ['scim-update-user', deactivate],
      ['scim-remove-user', remove],
      ['scim-create-group', (state, random) => this.#createGroup(state, random)],
      ['scim-update-group', updateGroup],
      ['scim-remove-group', removeGroup],
    ];
    this.commands = commands.map(([name, decide]) => ({ name, decide: (head, random) => whileOn(head, decide(head.state, random)) }));
  }

  #createUser(state: OrgState, email: string): Write {
    const sameEmail = membersOf(state).filter((member) => member.email === email || member.user?.email === email);
    const facts = {
      state,
      id: this.#id(),
      nonce: 'nonce',
      recent: { byActor: 0, inOrganization: 0, toEmail: 0 },
      sameEmail,
      sameEmailTeams: teamMembersOf(state).filter(({ memberId }) => sameEmail.some(({ id }) => id === memberId)),
    };
    return { changes: scimCreateUser.decide({ email, role: '', externalId: null }, facts, contextOf(provider)).changes };
  }

  #createGroup(state: OrgState, random: SeededRandom): Write {
    const memberIds = pickMembers(state, random);
    const id = this.#id();
    const input = { name: `Group ${id}`, externalId: null, memberIds };
    const { changes } = scimCreateGroup.decide(input, { state, id, naming: freeName, members: membersById(state) }, contextOf(provider));
    return { changes, violation: groupViolation(state, changes, id, memberIds) };
  }
}

const freeName = { similar: [], slugs: { suffixes: [], taken: new Set<string>() } };

/** Adds the violation of a change although SCIM is off. */
function whileOn({ state }: Version, write: Write): Write {
  if (write.changes.length === 0 || isScimOn(state.authProvider!)) return write;
  return { ...write, violation: { invariant: 'provisioning exact', detail: 'SCIM changes members or teams although it is off' } };
}

function deactivate(state: OrgState, random: SeededRandom): Write {
  const member = anyTarget(state, random);
  if (!member) return nothing;
  const facts = { state, target: { member, externalId: null, assertedEmail: null }, removal: removalOf(state, member) };
  return removing(member, scimUpdateUser.decide({ user: member.id, change: { active: false } }, facts, contextOf(provider)).changes);
}

function remove(state: OrgState, random: SeededRandom): Write {
  const target = anyTarget(state, random);
  if (!target) return nothing;
  return removing(
    target,
    scimRemoveUser.decide({ user: target.id }, { state, target, removal: removalOf(state, target) }, contextOf(provider)).changes,
  );
}

/** The user has no access from this revision on, regardless of the records. */
function removing({ user }: MemberRecord, changes: readonly LogChange[]): Write {
  return { changes, rows: (rows) => (user ? { ...rows, barredUserIds: new Set([...rows.barredUserIds, user.id]) } : rows) };
}

function removalOf(state: OrgState, target: MemberRecord) {
  const dependentMembers = target.user ? membersOf(state).filter(({ pending, inviterId }) => pending && inviterId === target.user!.id) : [];
  const ids = new Set([target, ...dependentMembers].map(({ id }) => id));
  return {
    owners: membersOf(state).filter(({ orgRole }) => orgRole === 'owner'),
    dependentMembers,
    teamMembers: teamMembersOf(state).filter(({ memberId }) => ids.has(memberId)),
  };
}

function updateGroup(state: OrgState, random: SeededRandom): Write {
  const team = anyTeam(state, random);
  if (!team) return nothing;
  const memberIds = pickMembers(state, random);
  const teamMembers = teamMembersOf(state).filter(({ teamId }) => teamId === team.id);
  const facts = { state, group: { team, externalId: null }, teamMembers, members: membersById(state), naming: null };
  const input = { group: team.id, steps: [{ kind: 'replace', memberIds }] as const };
  const { changes } = scimUpdateGroup.decide(input, facts, contextOf(provider));
  return { changes, violation: groupViolation(state, changes, team.id, memberIds) };
}

/** The team has exactly the members that the provider named. */
function groupViolation(state: OrgState, changes: readonly LogChange[], teamId: string, memberIds: readonly string[]): BrokenRule | null {
  const has = new Set(teamMembersOf(state).flatMap((row) => (row.teamId === teamId ? [row.memberId] : [])));
  for (const { kind, before, after } of changes) {
    if (kind !== 'team-member') continue;
    if (after) has.add(String(after.memberId));
    else has.delete(String(before!.memberId));
  }
  if (has.size === memberIds.length && memberIds.every((id) => has.has(id))) return null;
  return { invariant: 'provisioning exact', detail: `the group ${teamId} has the members ${[...has]}, not ${memberIds}` };
}

function removeGroup(state: OrgState, random: SeededRandom): Write {
  const team = anyTeam(state, random);
  // The schedules need teams.
  if (!team || random.chance(0.5)) return nothing;
  const ofTeam = ({ teamId }: { readonly teamId: string }) => teamId === team.id;
  const projectTeams = recordsOf<ProjectTeamRecord>('project-team', state);
  const facts = { state, team, teamMembers: teamMembersOf(state).filter(ofTeam), projectTeams: projectTeams.filter(ofTeam) };
  return { changes: scimRemoveGroup.decide({ group: team.id }, facts, contextOf(provider)).changes };
}

function membersById(state: OrgState): ReadonlyMap<string, MemberRecord> {
  return new Map(membersOf(state).map((member) => [member.id, member]));
}

function teamMembersOf(state: OrgState): TeamMemberRecord[] {
  return recordsOf('team-member', state);
}

/** Any member or invite except the first owner, who stays. */
function anyTarget(state: OrgState, random: SeededRandom): MemberRecord | null {
  const found = membersOf(state).filter(({ id, inviteStatus }) => id !== '201' && inviteStatus === 'approved');
  return found.length === 0 ? null : random.pick(found);
}

function anyTeam(state: OrgState, random: SeededRandom): TeamRecord | null {
  const found = recordsOf<TeamRecord>('team', state);
  return found.length === 0 ? null : random.pick(found);
}

function pickMembers(state: OrgState, random: SeededRandom): string[] {
  return random.shuffle(membersOf(state).map(({ id }) => id)).slice(0, random.int(4));
}
