import assert from 'node:assert/strict';
import { type MemberRecord, type OrgRoleId, orgRoleIds, orgRoles, type Scope, type TeamMemberRecord } from '@rollcall/protocol';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { removeMember } from '../../../../../server/src/write-path/commands/members/remove-member.ts';
import { actorFor, aMember, anInvite, anOrganization, anOrgToken, aState, aTeam, aTeamMember, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization();
const keeper = aMember({ orgRole: 'owner' });

interface Given {
  readonly actor?: Actor;
  readonly keepers?: readonly MemberRecord[];
  readonly dependentMembers?: readonly MemberRecord[];
  readonly teamMembers?: readonly TeamMemberRecord[];
}

function remove(caller: MemberRecord, target: MemberRecord, given: Given = {}) {
  const { actor = actorFor(caller), keepers = [keeper, caller, target], dependentMembers = [], teamMembers = [] } = given;
  const facts = { state: aState(organization, { members: [caller, target] }), target, keepers, dependentMembers, teamMembers };
  return removeMember.decide({ member: target.id }, facts, commandContext({ orgId: organization.id, actor, now })).changes;
}

const missingScope = { code: 'invalid', body: { detail: 'You are missing the member:admin scope.' } };
const someoneElses = { code: 'invalid', body: { detail: 'You cannot modify invitations sent by someone else.' } };
const outranked = { code: 'invalid', body: { detail: 'You cannot remove a member who has more access than you.' } };
const lastOne = { code: 'forbidden', body: { detail: 'You cannot remove the only remaining owner or manager of the organization.' } };

describe('remove-member', () => {
  for (const actorRole of orgRoleIds) {
    for (const targetRole of orgRoleIds) {
      const isManaging = orgRoles[actorRole].scopes.includes('member:admin');
      const isHighEnough = orgRoles[actorRole].priority >= orgRoles[targetRole].priority;
      it(`[S-04] ${actorRole} ${isManaging && isHighEnough ? 'removes' : 'does not remove'} ${targetRole}`, () => {
        const act = () => remove(aMember({ orgRole: actorRole }), aMember({ orgRole: targetRole }));
        if (!isManaging) assert.throws(act, missingScope);
        else if (!isHighEnough) assert.throws(act, outranked);
        else assert.equal(act().length, 1);
      });
    }
  }

  for (const orgRole of orgRoleIds) {
    it(`[6.6] ${orgRole} may leave`, () => {
      const caller = aMember({ orgRole });
      assert.deepEqual(remove(caller, caller), [{ kind: 'member', id: caller.id, before: caller, after: null }]);
    });
  }

  it('[6.6] lets a token that may only read members leave', () => {
    const caller = aMember();
    assert.equal(remove(caller, caller, { actor: actorFor(caller, ['member:read']) }).length, 1);
  });

  it('[S-07] limits an owner to the scopes of their token', () => {
    const owner = aMember({ orgRole: 'owner' });
    for (const scopes of [['member:read'], ['member:write', 'member:invite']] as Scope[][]) {
      assert.throws(() => remove(owner, aMember(), { actor: actorFor(owner, scopes) }), missingScope);
    }
  });

  it('[6.6] lets a member revoke only their own invites', () => {
    const caller = aMember();
    assert.equal(remove(caller, anInvite({ inviterId: caller.user!.id })).length, 1);
    assert.throws(() => remove(caller, anInvite({ inviterId: keeper.user!.id })), someoneElses);
    assert.throws(() => remove(caller, anInvite()), someoneElses);
  });

  it('[17.25] does not let the inviter remove a member whom the required second factor locked out', () => {
    const caller = aMember();
    const lockedOut = anInvite({ inviterId: caller.user!.id, detachedUser: { id: '77', name: 'Bob' } });
    assert.throws(() => remove(caller, lockedOut), missingScope);
    assert.equal(remove(aMember({ orgRole: 'owner' }), lockedOut).length, 1);
  });

  it('[6.6] checks the role even for the caller’s own invites, because the caller may have been demoted', () => {
    const caller = aMember();
    assert.throws(() => remove(caller, anInvite({ inviterId: caller.user!.id, orgRole: 'manager' })), outranked);
  });

  it('[S-08] keeps the last active owner or manager who has accepted', () => {
    const owner = aMember({ orgRole: 'owner' });
    const others = [anInvite({ orgRole: 'owner' }), aMember({ orgRole: 'owner' }, { isActive: false })];
    assert.throws(() => remove(owner, owner, { keepers: [owner, ...others] }), lastOne);
    assert.equal(remove(owner, owner, { keepers: [owner, aMember({ orgRole: 'manager' })] }).length, 1, 'a manager is enough');
  });

  it('[S-08] does not protect a deactivated or an invited owner', () => {
    const owner = aMember({ orgRole: 'owner' });
    for (const target of [anInvite({ orgRole: 'owner' }), aMember({ orgRole: 'owner' }, { isActive: false })]) {
      assert.equal(remove(owner, target, { keepers: [owner, target] }).length, 1);
    }
  });

  it('[6.6] refuses members who are managed by an identity provider or a partnership', () => {
    const owner = aMember({ orgRole: 'owner' });
    const flagged = (flag: keyof MemberRecord['flags']) => aMember({ flags: { ...owner.flags, [flag]: true } });
    assert.throws(() => remove(owner, flagged('idp:provisioned')), {
      code: 'forbidden',
      message: "This user is managed through your organization's identity provider.",
    });
    assert.throws(() => remove(owner, flagged('partnership:restricted')), {
      code: 'forbidden',
      message: 'This member is managed by an active partnership and cannot be modified until the end of the partnership.',
    });
  });

  it('[6.6] removes the member’s team memberships and sent invites', () => {
    const owner = aMember({ orgRole: 'owner' });
    const target = aMember();
    const invite = anInvite({ inviterId: target.user!.id });
    const rows = [aTeamMember(aTeam('ops'), target), aTeamMember(aTeam('web'), invite)];
    assert.deepEqual(remove(owner, target, { dependentMembers: [invite], teamMembers: rows }), [
      ...rows.map((row) => ({ kind: 'team-member', id: row.id, before: row, after: null })),
      { kind: 'member', id: invite.id, before: invite, after: null },
      { kind: 'member', id: target.id, before: target, after: null },
    ]);
  });

  it('[6.6] refuses a caller without a member row, regardless of scopes', () => {
    const target = aMember();
    const actor = anOrgToken(organization, ['member:admin', 'member:read']);
    assert.throws(() => remove(keeper, target, { actor }), outranked);
  });

  it('[S-16] refuses a caller without the second factor that the organization requires', () => {
    const strict: OrgRoleId = 'owner';
    const caller = aMember({ orgRole: strict });
    const target = aMember();
    const state = aState({ ...organization, require2FA: true }, { members: [caller, target] });
    const facts = { state, target, keepers: [keeper], dependentMembers: [], teamMembers: [] };
    const context = commandContext({ orgId: organization.id, actor: actorFor(caller), now });
    assert.throws(() => removeMember.decide({ member: target.id }, facts, context), { code: 'two-factor-required' });
  });

  it('[S-59] keeps the last recovery owner, who can’t leave either', () => {
    const strict = { ...organization, requiresSso: true };
    const recovery = () => aMember({ orgRole: 'owner', isRecoveryOwner: true }, { has2fa: true });
    const [caller, target] = [recovery(), recovery()];
    const act = (subject: MemberRecord, keepers: readonly MemberRecord[]) => {
      const facts = {
        state: aState(strict, { members: [caller, target] }),
        target: subject,
        keepers,
        dependentMembers: [],
        teamMembers: [],
      };
      return removeMember.decide({ member: subject.id }, facts, commandContext({ orgId: strict.id, actor: actorFor(caller), now }));
    };
    for (const subject of [caller, target]) {
      assert.throws(() => act(subject, [keeper, subject]), { code: 'invalid', message: /last recovery owner/ });
      assert.equal(act(subject, [caller, target]).changes.length, 1);
    }
  });

  it('[S-08] lets the operator remove any member but the only owner', () => {
    const [manager, target] = [aMember({ orgRole: 'manager' }), aMember({ orgRole: 'owner' })];
    const actor: Actor = { kind: 'operator', name: 'bootstrap' };
    assert.throws(() => remove(manager, target, { actor, keepers: [manager, target] }), { code: 'last-owner' });
    assert.equal(remove(manager, target, { actor, keepers: [manager, target, aMember({ orgRole: 'owner' })] }).length, 1);
    assert.equal(remove(target, aMember(), { actor }).length, 1);
  });

  it('[6.6] lets the operator remove a member whom an identity provider or a partnership manages', () => {
    for (const flag of ['idp:provisioned', 'partnership:restricted'] as const) {
      const target = aMember({ flags: { ...keeper.flags, [flag]: true } });
      assert.equal(remove(keeper, target, { actor: { kind: 'operator', name: 'bootstrap' } }).length, 1);
    }
  });

  it('[S-59] lets the operator remove the last recovery owner, if there is another owner', () => {
    const strict = { ...organization, requiresSso: true };
    const target = aMember({ orgRole: 'owner', isRecoveryOwner: true }, { has2fa: true });
    const context = commandContext({ orgId: strict.id, actor: { kind: 'operator', name: 'bootstrap' }, now });
    const act = (keepers: readonly MemberRecord[]) => {
      const facts = { state: aState(strict, { members: [target] }), target, keepers, dependentMembers: [], teamMembers: [] };
      return removeMember.decide({ member: target.id }, facts, context).changes;
    };
    assert.equal(act([target, keeper]).length, 1);
    assert.throws(() => act([target]), { code: 'last-owner' });
  });
});
