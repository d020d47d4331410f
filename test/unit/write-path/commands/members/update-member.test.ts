import assert from 'node:assert/strict';
import {
  type AuthProviderRecord,
  assignableOrgRoles,
  type MemberRecord,
  type OrganizationRecord,
  type OrgRoleId,
  orgRoleIds,
  orgRoles,
  type TeamMemberRecord,
  type TeamRecord,
} from '@rollcall/protocol';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import type { RecentInvites } from '../../../../../server/src/domain/invites/invites.ts';
import { type UpdateMember, updateMember } from '../../../../../server/src/write-path/commands/members/update-member.ts';
import {
  actorFor,
  aMember,
  anAuthProvider,
  anInvite,
  anOrganization,
  aState,
  aTeam,
  aTeamMember,
  now,
} from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const owner = aMember({ orgRole: 'owner' });
const ops = aTeam('ops');
const web = aTeam('web');

const oldNonce = 'a'.repeat(32);
const newNonce = 'b'.repeat(32);

interface Given {
  readonly organization?: OrganizationRecord;
  readonly actor?: Actor;
  readonly targetTeams?: readonly TeamMemberRecord[];
  readonly teams?: readonly TeamRecord[];
  readonly owners?: readonly MemberRecord[];
  readonly authProvider?: AuthProviderRecord;
  readonly recent?: Partial<RecentInvites>;
  readonly retiredRoles?: ReadonlySet<OrgRoleId>;
}

function update(caller: MemberRecord, target: MemberRecord, input: Partial<UpdateMember>, given: Given = {}) {
  const {
    organization = anOrganization(),
    actor = actorFor(caller),
    targetTeams = [],
    teams = [ops, web],
    retiredRoles = new Set(),
  } = given;
  const nothing = { member: target.id, role: null, teams: null, reinvite: false, regenerate: false };
  const whole: UpdateMember = { ...nothing, ...input };
  const recent = { byActor: 0, inOrganization: 0, toEmail: 0, ...given.recent };
  const reinvite = whole.reinvite ? { recent, nonce: oldNonce, newNonce } : null;
  const state = aState(organization, { members: [caller, target] });
  if (given.authProvider) state.put('auth-provider', given.authProvider);
  const facts = {
    state,
    target,
    targetTeams,
    teams,
    teamsBefore: [ops, web],
    owners: given.owners ?? [caller, target].filter(({ orgRole }) => orgRole === 'owner'),
    reinvite,
  };
  return updateMember.decide(whole, facts, commandContext({ orgId: organization.id, actor, now, retiredRoles }));
}

const to = (value: string, key: 'orgRole' | 'role' = 'orgRole'): Partial<UpdateMember> => ({ role: { key, value } });
const on = (...items: { slug: string; role: string | null }[]): Partial<UpdateMember> => ({ teams: { key: 'teamRoles', items } });

const cannotSet = { code: 'invalid', body: { orgRole: ['You do not have permission to set that org-level role'] } };
const cannotTouch = { code: 'forbidden', body: { role: 'You do not have permission to assign a role to the given user.' } };
const notYours = { code: 'forbidden', body: { detail: 'You cannot modify invitations sent by someone else.' } };
const forbidden = { code: 'forbidden', body: { detail: 'You do not have permission to perform this action.' } };

describe('update-member', () => {
  for (const actorRole of orgRoleIds) {
    for (const oldRole of orgRoleIds) {
      for (const newRole of orgRoleIds.filter((role) => role !== oldRole)) {
        const isManaging = orgRoles[actorRole].scopes.includes('member:admin');
        const assignable = isManaging ? assignableOrgRoles(actorRole, anOrganization()) : [];
        const isAllowed = assignable.includes(newRole) && assignable.includes(oldRole);
        it(`[S-04] [S-06] ${actorRole} ${isAllowed ? 'makes' : 'does not make'} ${oldRole} ${newRole}`, () => {
          const act = () => update(aMember({ orgRole: actorRole }), aMember({ orgRole: oldRole }), to(newRole));
          if (isAllowed) assert.equal(act().result.member.orgRole, newRole);
          else assert.throws(act, assignable.includes(newRole) ? cannotTouch : cannotSet);
        });
      }
    }
  }

  it('[6.5] refuses a change of the caller’s own role', () => {
    const message = 'You cannot make changes to your own role.';
    assert.throws(() => update(owner, owner, to('member')), { code: 'invalid', body: { detail: message } });
    assert.deepEqual(update(owner, owner, to('owner')).changes, [], 'the same role is not a change');
  });

  it('[6.5] refuses an unknown role under the key that was sent', () => {
    assert.throws(() => update(owner, aMember(), to('x', 'role')), { body: { role: ['"x" is not a valid choice.'] } });
  });

  it('[17.20] refuses to assign a retired role, and lets members change from it to another', () => {
    const retiredRoles = new Set(['admin'] as const);
    const message = "The role 'admin' is deprecated and may no longer be assigned.";
    assert.throws(() => update(owner, aMember(), to('admin'), { retiredRoles }), { code: 'invalid', body: { detail: message } });
    const admin = aMember({ orgRole: 'admin' });
    assert.equal(update(owner, admin, to('member'), { retiredRoles }).changes.length, 1);
    assert.deepEqual(update(owner, admin, to('admin'), { retiredRoles }).changes, []);
  });

  it('[S-07] lets a token without member:admin assign no role, even for an owner', () => {
    const actor = actorFor(owner, ['member:write', 'member:invite', 'member:read']);
    assert.throws(() => update(owner, aMember(), to('member'), { actor }), cannotSet);
  });

  it('[6.5] refuses changes of restricted members', () => {
    const flagged = (flag: keyof MemberRecord['flags']) => aMember({ flags: { ...owner.flags, [flag]: true } });
    assert.throws(() => update(owner, flagged('idp:role-restricted'), to('manager')), forbidden);
    assert.throws(() => update(owner, flagged('partnership:restricted'), {}), {
      message: 'This member is managed by an active partnership and cannot be modified until the end of the partnership.',
    });
  });

  describe('teams', () => {
    const target = aMember();
    const row = aTeamMember(ops, target, 'admin');

    it('[17.1] stay without a key in the body, and are cleared by an empty list', () => {
      assert.deepEqual(update(owner, target, {}, { targetTeams: [row] }).changes, []);
      assert.deepEqual(update(owner, target, on(), { targetTeams: [row], teams: [] }).changes, [
        { kind: 'team-member', id: row.id, before: row, after: null },
      ]);
    });

    it('[6.5] replace the earlier teams as a whole', () => {
      const { changes } = update(owner, target, on({ slug: 'web', role: null }), { targetTeams: [row], teams: [web] });
      assert.deepEqual(changes, [
        { kind: 'team-member', id: row.id, before: row, after: null },
        { kind: 'team-member', id: `${web.id}:${target.id}`, before: null, after: aTeamMember(web, target) },
      ]);
    });

    it('[6.5] get a team role that is given, and keep it in the old format', () => {
      const { changes } = update(owner, target, on({ slug: 'ops', role: 'contributor' }), { targetTeams: [row], teams: [ops] });
      assert.deepEqual(changes, [{ kind: 'team-member', id: row.id, before: row, after: { ...row, teamRole: null } }]);
      const old = { teams: { key: 'teams', items: [{ slug: 'ops' }] } } as const;
      assert.deepEqual(update(owner, target, old, { targetTeams: [row], teams: [ops] }).changes, []);
    });

    it('[17.6] store no team role that the new organization role includes', () => {
      const { changes } = update(owner, target, to('manager'), { targetTeams: [row] });
      assert.deepEqual(
        changes.map(({ kind, after }) => [kind, kind === 'member' ? after?.orgRole : after?.teamRole]),
        [
          ['member', 'manager'],
          ['team-member', null],
        ],
      );
    });

    it('[6.5] must exist, and so must team roles', () => {
      assert.throws(() => update(owner, target, on({ slug: 'x', role: null }), { teams: [] }), { body: { teamRoles: ['Invalid teams'] } });
      assert.throws(() => update(owner, target, on({ slug: 'ops', role: 'x' })), { body: { teamRoles: ['Invalid team-role'] } });
    });

    it('[S-09] stay unchanged if the role is refused', () => {
      const manager = aMember({ orgRole: 'manager' });
      const body = { ...to('member'), ...on({ slug: 'web', role: null }) };
      assert.throws(() => update(manager, aMember({ orgRole: 'owner' }), body), cannotTouch);
    });
  });

  describe('a caller with member:invite alone', () => {
    const caller = aMember();
    const own = anInvite({ inviterId: caller.user!.id });

    it('[6.5] resends their own invite', () => {
      const { changes, audit, mails, result } = update(caller, own, { reinvite: true });
      assert.deepEqual([changes, result.member, result.sent], [[], own, { memberId: own.id, nonce: oldNonce }]);
      assert.equal(mails![0]!.to, own.email);
      assert.deepEqual(
        audit!.map(({ event }) => event),
        ['member.reinvite'],
      );
    });

    it('[6.5] cannot resend another member’s invite', () => {
      assert.throws(() => update(caller, anInvite({ inviterId: owner.user!.id }), { reinvite: true }), notYours);
      assert.throws(() => update(caller, anInvite(), { reinvite: true }), notYours);
    });

    it('[17.25] does not let the inviter resend the link of a member whom the required second factor locked out', () => {
      const lockedOut = anInvite({ inviterId: caller.user!.id, detachedUser: { id: '77', name: 'Bob' } });
      assert.throws(() => update(caller, lockedOut, { reinvite: true }), forbidden);
    });

    it('[S-04] cannot change a member or teams, not even their own', () => {
      assert.throws(() => update(caller, aMember(), {}), forbidden);
      assert.throws(() => update(caller, caller, on()), forbidden);
      assert.throws(() => update(caller, own, on()), forbidden);
    });

    it('[6.5] cannot do anything if inviting is disabled', () => {
      const organization = anOrganization({ allowMemberInvite: false });
      assert.throws(() => update(caller, own, { reinvite: true }, { organization }), forbidden);
    });

    it('[6.5] cannot create a new token', () => {
      const message = 'You are missing the member:admin scope.';
      assert.throws(() => update(caller, own, { reinvite: true, regenerate: true }), { code: 'invalid', body: { detail: message } });
    });
  });

  describe('reinvite', () => {
    it('[6.5] creates a new token and extends the invite by INVITE_DAYS on request, which an expired invite requires', () => {
      const expired = anInvite({ inviteExpiresAt: '2026-02-28T00:00:00.000000Z' });
      const message = 'You cannot resend an expired invitation without regenerating the token.';
      assert.throws(() => update(owner, expired, { reinvite: true }), { code: 'invalid', body: { detail: message } });
      const { changes, result } = update(owner, expired, { reinvite: true, regenerate: true });
      const after = { ...expired, inviteExpiresAt: '2026-03-08T12:00:00.123456Z' };
      assert.deepEqual(changes, [{ kind: 'member', id: expired.id, before: expired, after }]);
      assert.deepEqual(result.sent, { memberId: expired.id, nonce: newNonce });
      assert.equal(JSON.stringify(changes).includes(newNonce), false);
    });

    it('[6.3] counts as a new invite for the limits, which are checked before the scope for a new token', () => {
      const limited = { code: 'rate-limited', body: { detail: 'You are being rate limited for too many invitations.' } };
      assert.throws(() => update(owner, anInvite(), { reinvite: true }, { recent: { toEmail: 10 } }), limited);
      const caller = aMember();
      const own = anInvite({ inviterId: caller.user!.id });
      assert.throws(() => update(caller, own, { reinvite: true, regenerate: true }, { recent: { byActor: 100 } }), limited);
    });

    it('[6.5] sends the mail of an invite, with the new token if there is one', () => {
      const invite = anInvite();
      for (const regenerate of [false, true]) {
        const [mail] = update(owner, invite, { reinvite: true, regenerate }).mails!;
        assert.equal(mail!.template, 'invitation');
        assert.deepEqual((mail!.params as { invite: unknown }).invite, { memberId: invite.id, nonce: regenerate ? newNonce : oldNonce });
      }
    });

    it('[6.5] treats an invite without an expiry as one that never expires', () => {
      assert.deepEqual(update(owner, anInvite({ inviteExpiresAt: null }), { reinvite: true }).changes, []);
    });

    it('[6.5] refuses other changes in the same body', () => {
      const message = 'You cannot modify member details when resending an invitation. Separate requests are required.';
      for (const other of [to('member'), on()]) {
        assert.throws(() => update(owner, anInvite(), { reinvite: true, ...other }), { code: 'forbidden', body: { detail: message } });
      }
    });

    it('[6.5] sends an unlinked member the link for single sign-on, within the limits of invites', () => {
      const organization = anOrganization({ hasAuthProvider: true });
      const target = aMember();
      const act = (member: MemberRecord, given: Given = {}) =>
        update(owner, member, { reinvite: true }, { organization, authProvider: anAuthProvider(), ...given });
      const { changes, mails, audit, result } = act(target);
      const params = { orgName: 'Acme', orgSlug: 'acme', providerName: 'Okta', isRequired: false };
      assert.deepEqual([changes, mails], [[], [{ template: 'sso-link', params, to: target.email }]]);
      assert.deepEqual([audit![0]!.event, result.sentTo, result.sent], ['member.reinvite', target.email, null]);
      assert.throws(() => act(target, { recent: { toEmail: 10 } }), { code: 'rate-limited' });
      const linked = aMember({ flags: { ...target.flags, 'sso:linked': true } });
      assert.throws(() => act(linked), { code: 'invalid', message: /already a full member/ });
      assert.throws(() => act(target, { authProvider: anAuthProvider({ status: 'draft' }) }), { code: 'invalid', message: /full member/ });
    });

    it('[6.5] refuses a full member', () => {
      const message = 'You cannot send an invitation to a user who is already a full member.';
      assert.throws(() => update(owner, aMember(), { reinvite: true }), { code: 'invalid', body: { detail: message } });
    });
  });

  it('[S-59] does not demote the last recovery owner, and demotes another one to an ordinary manager', () => {
    const organization = anOrganization({ requiresSso: true });
    const recovery = () => aMember({ orgRole: 'owner', isRecoveryOwner: true }, { has2fa: true });
    const [caller, target] = [recovery(), recovery()];
    const act = (owners: readonly MemberRecord[]) => update(caller, target, to('manager'), { organization, owners });
    assert.throws(() => act([target]), { code: 'invalid', message: /last recovery owner/ });
    const { isRecoveryOwner: _, ...ordinary } = target;
    assert.deepEqual(act([caller, target]).result.member, { ...ordinary, orgRole: 'manager' });
  });

  it('[S-08] refuses the operator another role for the only owner', () => {
    const target = aMember({ orgRole: 'owner' });
    const actor: Actor = { kind: 'operator', name: 'bootstrap' };
    assert.throws(() => update(aMember(), target, to('manager'), { actor }), { code: 'last-owner' });
    assert.equal(update(aMember({ orgRole: 'owner' }), target, to('manager'), { actor }).result.member.orgRole, 'manager');
  });

  it('[6.5] lets the operator change a member whose role an identity provider or a partnership restricts', () => {
    for (const flag of ['idp:role-restricted', 'partnership:restricted'] as const) {
      const target = aMember({ flags: { ...owner.flags, [flag]: true } });
      assert.equal(
        update(owner, target, to('manager'), { actor: { kind: 'operator', name: 'bootstrap' } }).result.member.orgRole,
        'manager',
      );
    }
  });

  it('[S-59] lets the operator demote the last recovery owner, if there is another owner', () => {
    const organization = anOrganization({ requiresSso: true });
    const target = aMember({ orgRole: 'owner', isRecoveryOwner: true }, { has2fa: true });
    const { member } = update(owner, target, to('manager'), { organization, actor: { kind: 'operator', name: 'bootstrap' } }).result;
    assert.deepEqual([member.orgRole, member.isRecoveryOwner], ['manager', undefined]);
  });
});
