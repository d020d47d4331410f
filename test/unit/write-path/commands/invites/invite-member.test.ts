import assert from 'node:assert/strict';
import {
  assignableOrgRoles,
  type MemberRecord,
  type OrganizationRecord,
  orgRoleIds,
  type TeamMemberRecord,
  type TeamRecord,
} from '@rollcall/protocol';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import type { RecentInvites } from '../../../../../server/src/domain/invites/invites.ts';
import type { CommandContext } from '../../../../../server/src/write-path/command.ts';
import { type InviteMember, inviteMember } from '../../../../../server/src/write-path/commands/invites/invite-member.ts';
import { actorFor, aMember, anInvite, anOrganization, anOrgToken, aState, aTeam, aTeamMember, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const email = 'invitee@example.com';
const owner = aMember({ orgRole: 'owner' });
const ops = aTeam('ops');
const web = aTeam('web');

interface Given {
  readonly organization?: OrganizationRecord;
  readonly actor?: Actor;
  readonly sameEmail?: readonly MemberRecord[];
  readonly sameEmailTeams?: readonly TeamMemberRecord[];
  readonly teams?: readonly TeamRecord[];
  readonly teamMembers?: readonly TeamMemberRecord[];
  readonly recent?: Partial<RecentInvites>;
  readonly context?: Partial<CommandContext>;
}

function invite(caller: MemberRecord, input: Partial<InviteMember> = {}, given: Given = {}) {
  const { organization = anOrganization(), sameEmail = [], sameEmailTeams = [], teams = [], teamMembers = [] } = given;
  const whole: InviteMember = {
    email,
    role: { key: 'orgRole', value: 'member' },
    teams: null,
    sendInvite: true,
    ...input,
  };
  const state = aState(organization, { members: [caller], teamMembers });
  const recent = { byActor: 0, inOrganization: 0, toEmail: 0, ...given.recent };
  const facts = { state, id: '77', nonce: 'a'.repeat(32), recent, sameEmail, sameEmailTeams, teams };
  const context = { orgId: organization.id, actor: given.actor ?? actorFor(caller), now, ...given.context };
  return inviteMember.decide(whole, facts, commandContext(context));
}

function as(value: string, key: 'orgRole' | 'role' = 'orgRole'): Partial<InviteMember> {
  return { role: { key, value } };
}

function invalid(body: unknown) {
  return { code: 'invalid', body };
}

const cannotSet = ['You do not have permission to set that org-level role'];

describe('invite-member', () => {
  it('[6.3] creates a pending member, for the days of INVITE_DAYS', () => {
    const { changes, result } = invite(owner);
    assert.deepEqual(changes, [{ kind: 'member', id: '77', before: null, after: result.member }]);
    assert.deepEqual(result.member, {
      id: '77',
      email,
      name: email,
      user: null,
      orgRole: 'member',
      pending: true,
      flags: owner.flags,
      dateCreated: now,
      inviteStatus: 'approved',
      inviterId: owner.user!.id,
      inviterName: owner.name,
      inviteExpiresAt: '2026-03-08T12:00:00.123456Z',
    });
  });

  it('[S-02] keeps the nonce of the token out of the log and the audit log', () => {
    const { changes, result } = invite(owner);
    assert.equal(JSON.stringify(changes).includes(result.nonce!), false);
  });

  for (const actorRole of orgRoleIds) {
    for (const invited of orgRoleIds) {
      const isAllowed = assignableOrgRoles(actorRole, anOrganization()).includes(invited);
      it(`[S-05] ${actorRole} ${isAllowed ? 'invites' : 'does not invite'} as ${invited}`, () => {
        const act = () => invite(aMember({ orgRole: actorRole }), as(invited));
        if (isAllowed) assert.equal(act().result.member.orgRole, invited);
        else assert.throws(act, invalid({ orgRole: cannotSet }));
      });
    }
  }

  it('[6.3] reports a refused role under the key that was sent', () => {
    assert.throws(() => invite(aMember(), as('owner', 'role')), invalid({ role: cannotSet }));
    assert.throws(() => invite(owner, as('x', 'role')), invalid({ role: ['"x" is not a valid choice.'] }));
  });

  it('[17.20] refuses a retired role, even from owners', () => {
    const text = "The role 'admin' is deprecated and may no longer be assigned.";
    assert.throws(() => invite(owner, as('admin'), { context: { retiredRoles: new Set(['admin']) } }), invalid({ orgRole: [text] }));
  });

  it('[6.3] requires a role that manages members when allowMemberInvite is off', () => {
    const organization = anOrganization({ allowMemberInvite: false });
    for (const orgRole of ['member', 'admin'] as const) {
      assert.throws(() => invite(aMember({ orgRole }), {}, { organization }), { code: 'forbidden' });
    }
    for (const orgRole of ['manager', 'owner'] as const) {
      assert.equal(invite(aMember({ orgRole }), {}, { organization }).changes.length, 1);
    }
    const capped = actorFor(owner, ['member:invite', 'member:read']);
    assert.throws(() => invite(owner, {}, { organization, actor: capped }), { code: 'forbidden' });
  });

  it('[6.3] sends one mail, or none on request', () => {
    const organization = anOrganization();
    const params = {
      orgName: organization.name,
      invite: { memberId: '77', nonce: 'a'.repeat(32) },
      inviterName: owner.name,
      namedUserId: owner.user!.id,
      expiresAt: '2026-03-08T12:00:00.123456Z',
    };
    assert.deepEqual(invite(owner, {}, { organization }).mails, [{ template: 'invitation', params, to: email }]);
    assert.deepEqual(invite(owner, { sendInvite: false }).mails, []);
  });

  it('[5.1] omits the inviter from the mail under enhanced privacy', () => {
    const { mails } = invite(owner, {}, { organization: anOrganization({ enhancedPrivacy: true }) });
    assert.equal(JSON.stringify(mails).includes(owner.name), false);
    assert.equal(JSON.stringify(mails).includes(owner.email!), false);
  });

  describe('the daily limits', () => {
    const limited = { code: 'rate-limited', body: { detail: 'You are being rate limited for too many invitations.' } };
    for (const [recent, ofWhat] of [
      [{ byActor: 100 }, 'an inviter'],
      [{ inOrganization: 100 }, 'an organization'],
      [{ toEmail: 10 }, 'an address'],
    ] as const) {
      it(`[6.3] refuse the first invite beyond those of ${ofWhat}`, () => {
        const [[key, max]] = Object.entries(recent) as [[string, number]];
        assert.equal(invite(owner, {}, { recent: { [key]: max - 1 } }).changes.length, 1);
        assert.throws(() => invite(owner, {}, { recent }), limited);
      });
    }

    it('[6.3] apply after the check of the body, and before that of the caller’s right to the teams', () => {
      const recent = { byActor: 100 };
      const malformed = { email: ['This field is required.'] };
      assert.throws(() => invite(owner, {}, { recent, context: { malformed } }), { code: 'invalid' });
      const caller = aMember();
      const organization = anOrganization({ openMembership: false });
      const input: Partial<InviteMember> = { teams: { key: 'teams', items: [{ slug: 'ops' }] } };
      assert.throws(() => invite(caller, input, { organization, teams: [ops], recent }), limited);
    });
  });

  it('[S-05] lets a token without a member row invite as member only', () => {
    const organization = anOrganization();
    const actor = anOrgToken(organization, ['member:admin', 'member:write', 'member:invite', 'member:read']);
    const message = 'Integration tokens are restricted to inviting new members with the member role only.';
    for (const role of ['admin', 'manager', 'owner']) {
      assert.throws(() => invite(owner, as(role), { organization, actor }), invalid([message]));
    }
    const { member } = invite(owner, {}, { organization, actor }).result;
    assert.deepEqual([member.orgRole, member.inviterId, member.inviterName], ['member', null, null]);
  });

  it('[S-01] refuses a token of another organization', () => {
    const actor = anOrgToken(anOrganization(), ['member:invite', 'member:read']);
    assert.throws(() => invite(owner, {}, { actor }), { code: 'forbidden' });
  });

  it('[6.3] refuses an address that is a member or has been invited', () => {
    const known = invalid({ email: [`The user ${email} is already a member`] });
    assert.throws(() => invite(owner, {}, { sameEmail: [aMember({}, { email })] }), known);
    const invited = invalid({ email: [`The user ${email} has already been invited`] });
    assert.throws(() => invite(owner, {}, { sameEmail: [anInvite({ email })] }), invited);
  });

  it('[6.3] replaces a request for the same address, with its team memberships', () => {
    const request = anInvite({ email, inviteStatus: 'requested_to_join' });
    const row = aTeamMember(ops, request);
    const { changes } = invite(owner, {}, { sameEmail: [request], sameEmailTeams: [row] });
    assert.deepEqual(
      changes.map(({ kind, id, after }) => [kind, id, after === null]),
      [
        ['team-member', row.id, true],
        ['member', request.id, true],
        ['member', '77', false],
      ],
    );
  });

  it('[6.3] reports every failing field at once', () => {
    const input = { ...as('owner'), teams: { key: 'teams', items: [{ slug: 'nowhere' }] } } as const;
    assert.throws(
      () => invite(aMember(), input, { sameEmail: [anInvite({ email })] }),
      invalid({ email: [`The user ${email} has already been invited`], orgRole: cannotSet, teams: ['Invalid teams'] }),
    );
    const malformed = { email: ['Enter a valid email address.'] };
    assert.throws(() => invite(owner, { email: null, ...as('x') }, { context: { malformed } }), {
      body: { ...malformed, orgRole: ['"x" is not a valid choice.'] },
    });
  });

  it('[S-09] refuses a caller who may not invite without errors about the body', () => {
    const organization = anOrganization({ allowMemberInvite: false });
    const malformed = { email: ['This field is required.'] };
    assert.throws(() => invite(aMember(), { email: null }, { organization, context: { malformed } }), { code: 'forbidden' });
  });

  it('[6.3] adds the invite to its teams without a team role', () => {
    const teams = {
      key: 'teamRoles',
      items: [
        { slug: 'ops', role: 'admin' },
        { slug: 'web', role: null },
      ],
    } as const;
    const { changes } = invite(owner, { teams }, { teams: [ops, web] });
    assert.deepEqual(
      changes.slice(1).map(({ after }) => after),
      [ops, web].map((team) => ({ id: `${team.id}:77`, teamId: team.id, memberId: '77', teamRole: null })),
    );
  });

  it('[6.3] refuses teams that are unknown, named twice or have an unknown role', () => {
    const named = (...items: { slug: string; role: string | null }[]) => ({ teams: { key: 'teamRoles', items } }) as const;
    const given = { teams: [ops] };
    assert.throws(() => invite(owner, named({ slug: 'x', role: null }), given), invalid({ teamRoles: ['Invalid teams'] }));
    const twice = named({ slug: 'ops', role: null }, { slug: 'ops', role: 'admin' });
    assert.throws(() => invite(owner, twice, given), invalid({ teamRoles: ['Invalid teams'] }));
    assert.throws(() => invite(owner, named({ slug: 'ops', role: 'x' }), given), invalid({ teamRoles: ['Invalid team-role'] }));
  });

  describe('an invite to teams, without open membership', () => {
    const organization = anOrganization({ openMembership: false });
    const teams = { key: 'teams', items: [{ slug: 'ops' }, { slug: 'web' }] } as const;
    const refusal = invalid({ detail: 'You cannot assign members to teams you are not a member of.' });

    it('[6.3] a member invites only to their own teams', () => {
      const caller = aMember();
      const given = { organization, teams: [ops, web] };
      assert.throws(() => invite(caller, { teams }, { ...given, teamMembers: [aTeamMember(ops, caller)] }), refusal);
      const teamMembers = [aTeamMember(ops, caller), aTeamMember(web, caller)];
      assert.equal(invite(caller, { teams }, { ...given, teamMembers }).changes.length, 3);
    });

    it('[6.3] a manager invites to any team, unless their token may not manage members', () => {
      const caller = aMember({ orgRole: 'manager' });
      const given = { organization, teams: [ops, web] };
      assert.equal(invite(caller, { teams }, given).changes.length, 3);
      const actor = actorFor(caller, ['member:invite', 'member:read']);
      assert.throws(() => invite(caller, { teams }, { ...given, actor }), refusal);
    });
  });
});
