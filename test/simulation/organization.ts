import {
  type LogChange,
  type MemberRecord,
  type MemberUser,
  type OrganizationRecord,
  type OrgRecord,
  OrgState,
  orgRoleIds,
  projectTeamId,
  teamMemberId,
} from '@rollcall/protocol';
import { created, removed, updated } from '../../server/src/domain/changes.ts';
import { detachedMember } from '../../server/src/domain/members/second-factor.ts';
import { newMember, newOrganization } from '../../server/src/domain/organizations/new-organization.ts';
import { organizationWithProvider } from '../../server/src/features/single-sign-on/domain/auth-provider.ts';
import type { SeededRandom } from '../support/seeds.ts';
import type { Command, DecideChanges, Write } from './command.ts';
import { Domains } from './domains.ts';
import { addresses, subjectAt } from './logins.ts';
import { authProvider, createdAt, domain, memberIdOf, networks, orgId, orgSlug, scimToken, users } from './people.ts';
import { Provisioning } from './provisioning.ts';
import { membersOf, recordsOf } from './records.ts';
import type { Contents } from './simulated-log.ts';
import { SingleSignOn } from './single-sign-on.ts';

/** The organization of the schedules: its members, its viewers, and the commands that change it. */

/** Ids of new records are given out by the schedule, so that the same seed gives the same ones. */
export class Organization {
  #lastId = 1_000;

  readonly #state = OrgState.from([
    {
      kind: 'organization',
      record: organizationWithProvider(
        newOrganization({ id: orgId, slug: orgSlug, name: 'Acme', now: createdAt }),
        authProvider,
      ) as unknown as OrgRecord,
    },
    { kind: 'auth-provider', record: authProvider as unknown as OrgRecord },
    { kind: 'verified-domain', record: domain as unknown as OrgRecord },
    { kind: 'auth-token', record: scimToken as unknown as OrgRecord },
    ...users.slice(0, 5).map((user, index) => {
      const orgRole = (['owner', 'manager', 'admin', 'member', 'member'] as const)[index]!;
      const member = newMember({ id: memberIdOf(index), user, orgRole, now: createdAt });
      const record = { ...member, flags: { ...member.flags, 'sso:linked': index !== 3 } };
      return { kind: 'member', record: record as unknown as OrgRecord };
    }),
  ]);

  get first(): Contents {
    const linked = inMembers(this.#state).filter(({ flags }) => flags['sso:linked']);
    return {
      state: this.#state,
      rows: {
        identities: new Map(linked.map(({ id, user }) => [subjectAt(authProvider, user!.email!), { userId: user!.id, memberId: id }])),
        removedUserIds: new Set(),
        barredUserIds: new Set(),
        domains: new Map([[domain.id, { missingSince: null, isProven: true }]]),
      },
    };
  }

  id(): string {
    this.#lastId++;
    return String(this.#lastId);
  }

  anyCommand(random: SeededRandom): Command {
    return random.pick(this.#commands);
  }

  rename(state: OrgState, name: string): Write {
    return { changes: changeOrganization(state, { name }) };
  }

  /** Removes a member, if there is another one than the owner. */
  revocation(state: OrgState, random: SeededRandom): Command {
    const member = anyMember(state, random);
    return command('remove-member', (now) => removeMember(now, member && now.member(member.id)));
  }

  /** Revokes a member's access and restores it, by commands within milliseconds of each other. */
  flip(state: OrgState, random: SeededRandom): readonly Command[] {
    const member = anyMember(state, random);
    if (!member) return [];
    if (random.chance(0.5)) {
      return [
        command('remove-member', (now) => removeMember(now, now.member(member.id))),
        command('add-member', (now) => this.#addMember(now, member.user!, member.orgRole)),
      ];
    }
    const orgRole = random.pick(orgRoleIds);
    return [
      command('change-member-role', (now) => changeMember(now.member(member.id), { orgRole })),
      command('change-member-role', (now) => changeMember(now.member(member.id), { orgRole: member.orgRole })),
    ];
  }

  /** Records that are created and removed within milliseconds, while a view changes. */
  fleeting(): readonly Command[] {
    const made = [this.#token(), this.#team(0)];
    return [
      command('create-token-and-team', () => made),
      command('change-member-role', (state, random) => changeMember(anyMember(state, random), { orgRole: random.pick(orgRoleIds) })),
      command('remove-token-and-team', (state) =>
        made.flatMap(({ kind, id, after }) => (state.get(kind, id) === after ? [{ kind, id, before: after, after: null }] : [])),
      ),
    ];
  }

  /** Changes after which logins that were accepted before must be refused. */
  upheaval(random: SeededRandom): readonly Command[] {
    return random.chance(0.5) ? this.#singleSignOn.replacement : this.#domains.lapse;
  }

  readonly #singleSignOn = new SingleSignOn(() => this.id());
  readonly #domains = new Domains(() => this.id());

  readonly #recordCommands: readonly (readonly [string, DecideChanges])[] = [
    ['rename-organization', (state, random) => changeOrganization(state, { name: `Acme ${random.int(1_000)}` })],
    ['rename-organization', (state, random) => changeOrganization(state, { name: `Acme ${random.int(1_000)}` })],
    ['set-privacy', (state, random) => changeOrganization(state, { enhancedPrivacy: random.chance(0.5) })],
    ['set-open-membership', (state, random) => changeOrganization(state, { openMembership: random.chance(0.5) })],
    ['set-events-member-admin', (state, random) => changeOrganization(state, { eventsMemberAdmin: random.chance(0.5) })],
    ['require-2fa', (state, random) => (random.chance(0.3) ? require2fa(state) : changeOrganization(state, { require2FA: false }))],
    ['change-member-role', (state, random) => changeMember(anyMember(state, random), { orgRole: random.pick(orgRoleIds) })],
    ['change-member-role', (state, random) => changeMember(anyMember(state, random), { orgRole: random.pick(orgRoleIds) })],
    ['remove-member', (state, random) => removeMember(state, anyMember(state, random))],
    ['add-member', (state, random) => this.#addMember(state, random.pick(users.slice(1)), random.pick(orgRoleIds))],
    ['add-member', (state, random) => this.#addMember(state, random.pick(users.slice(1)), random.pick(orgRoleIds))],
    ['toggle-user', (state, random) => toggleUser(anyMember(state, random))],
    ['invite-member', (_, random) => [this.#invite(random.int(5))]],
    ['create-team', (_, random) => [this.#team(random.int(1_000))]],
    ['rename-team', (state, random) => change('team', state, random, { name: `Team ${random.int(1_000)}` })],
    ['remove-team', (state, random) => removeTeam(state, random)],
    ['join-team', (state, random) => joinTeam(state, random)],
    ['join-team', (state, random) => joinTeam(state, random)],
    ['leave-team', (state, random) => removeAny('team-member', state, random)],
    ['create-project', (_, random) => [this.#project(random.int(1_000))]],
    ['rename-project', (state, random) => change('project', state, random, { name: `Project ${random.int(1_000)}` })],
    ['assign-project', (state, random) => assignProject(state, random)],
    ['change-ip-allow-list', (state, random) => changeAddresses(state, random)],
    ['create-token', () => [this.#token()]],
    ['remove-token', (state, random) => removeAny('auth-token', state, random)],
  ];

  readonly #commands: readonly Command[] = [
    ...this.#recordCommands.map(([name, decide]) => command(name, decide)),
    ...this.#singleSignOn.commands,
    ...this.#domains.commands,
    ...new Provisioning(() => this.id(), addresses).commands,
  ];

  #addMember(state: OrgState, user: MemberUser, orgRole: MemberRecord['orgRole']): LogChange[] {
    if (state.memberOfUser(user.id)) return [];
    return [created('member', newMember({ id: this.id(), user, orgRole, now: createdAt }))];
  }

  #invite(number: number): LogChange {
    const email = `invited-${number}@example.com`;
    const member = newMember({ id: this.id(), user: users[0]!, orgRole: 'member', now: createdAt });
    return created('member', { ...member, user: null, email, name: email, pending: true });
  }

  #team(number: number): LogChange {
    const id = this.id();
    return created('team', { id, slug: `team-${id}`, name: `Team ${number}`, dateCreated: createdAt, flags: { 'idp:provisioned': false } });
  }

  #project(number: number): LogChange {
    const id = this.id();
    return created('project', { id, slug: `project-${id}`, name: `Project ${number}`, platform: null, dateCreated: createdAt });
  }

  #token(): LogChange {
    const id = this.id();
    return created('auth-token', { id, name: 'back end', scopes: ['org:read'], tokenLastCharacters: 'abcd', dateCreated: createdAt });
  }
}

function command(name: string, decide: DecideChanges): Command {
  return { name, decide: ({ state }, random) => ({ changes: decide(state, random) }) };
}

/** All members except the first owner, who stays. */
function inMembers(state: OrgState): MemberRecord[] {
  return membersOf(state).filter(({ user, id }) => user !== null && id !== '201');
}

function anyMember(state: OrgState, random: SeededRandom): MemberRecord | null {
  const members = inMembers(state);
  return members.length === 0 ? null : random.pick(members);
}

function changeOrganization(state: OrgState, fields: Partial<OrganizationRecord>): LogChange[] {
  const before = state.organization!;
  return updated('organization', before, { ...before, ...fields });
}

function changeMember(before: MemberRecord | null, fields: Partial<MemberRecord>): LogChange[] {
  return before ? updated('member', before, { ...before, ...fields }) : [];
}

function changeAddresses(state: OrgState, random: SeededRandom): LogChange[] {
  const before = state.ipAllowList;
  const cidrs = random.chance(0.5) ? networks.slice(0, 1) : networks;
  const rules = cidrs.map((cidr, index) => ({ id: String(index), cidr, description: '', expiresAt: null }));
  const after = { id: orgId, isEnabled: random.chance(0.6), rules };
  return before ? updated('ip-allow-list', before, after) : [created('ip-allow-list', after)];
}

function toggleUser(member: MemberRecord | null): LogChange[] {
  return member?.user ? changeMember(member, { user: { ...member.user, isActive: !member.user.isActive } }) : [];
}

function removeMember(state: OrgState, member: MemberRecord | null): LogChange[] {
  if (!member) return [];
  const teamMembers = [...state.teamIdsOfMember(member.id)].map((teamId) => removed('team-member', state.teamMember(teamId, member.id)!));
  return [removed('member', member), ...teamMembers];
}

/** All without a second factor turn into pending members, in the same revision. */
function require2fa(state: OrgState): LogChange[] {
  const detached = inMembers(state).filter(({ user }) => !user!.has2fa);
  return [
    ...changeOrganization(state, { require2FA: true }),
    ...detached.flatMap((member) => updated('member', member, detachedMember(member, member.user!, createdAt))),
  ];
}

function change(kind: 'team' | 'project', state: OrgState, random: SeededRandom, fields: { name: string }): LogChange[] {
  const found = recordsOf(kind, state);
  if (found.length === 0) return [];
  const before = random.pick(found);
  return updated(kind, before as never, { ...before, ...fields } as never);
}

function removeAny(kind: 'team-member' | 'auth-token', state: OrgState, random: SeededRandom): LogChange[] {
  const found = recordsOf(kind, state);
  return found.length === 0 ? [] : [removed(kind, random.pick(found) as never)];
}

function removeTeam(state: OrgState, random: SeededRandom): LogChange[] {
  const teams = recordsOf('team', state);
  if (teams.length === 0) return [];
  const team = random.pick(teams);
  const isOfTeam = ({ teamId }: OrgRecord) => teamId === team.id;
  return [
    removed('team', team as never),
    ...recordsOf('team-member', state)
      .filter(isOfTeam)
      .map((row) => removed('team-member', row as never)),
    ...recordsOf('project-team', state)
      .filter(isOfTeam)
      .map((row) => removed('project-team', row as never)),
  ];
}

function joinTeam(state: OrgState, random: SeededRandom): LogChange[] {
  const [team, member] = [recordsOf('team', state)[0], anyMember(state, random)];
  if (!team || !member || state.teamMember(team.id, member.id)) return [];
  const teamRole = random.chance(0.3) ? 'admin' : null;
  return [created('team-member', { id: teamMemberId(team.id, member.id), teamId: team.id, memberId: member.id, teamRole })];
}

function assignProject(state: OrgState, random: SeededRandom): LogChange[] {
  const [teams, projects] = [recordsOf('team', state), recordsOf('project', state)];
  if (teams.length === 0 || projects.length === 0) return [];
  const [teamId, projectId] = [random.pick(teams).id, random.pick(projects).id];
  const id = projectTeamId(projectId, teamId);
  return state.get('project-team', id) ? [] : [created('project-team', { id, projectId, teamId })];
}
