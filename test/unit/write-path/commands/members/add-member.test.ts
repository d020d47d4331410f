import assert from 'node:assert/strict';
import type { OrgRoleId } from '@rollcall/protocol';
import { detachedMember } from '../../../../../server/src/domain/members/second-factor.ts';
import { type AddMember, addMember } from '../../../../../server/src/write-path/commands/members/add-member.ts';
import { actorFor, aMember, anInvite, anOrganization, aTeam, aTeamMember, aUser, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization({ defaultRole: 'manager' });
const watch = aTeam('watch');
const user = aUser();
const facts = { id: '30', organization, user, isMember: false, teams: [watch], invites: [], inviteTeams: [], isTrustedAddress: true };
const input: AddMember = { userId: user.id, orgRole: null, teams: null };
const context = commandContext({ orgId: organization.id, actor: { kind: 'operator', name: 'bootstrap' }, now });

describe('add-member', () => {
  it("creates a full member with the organization's default role, on the given teams", () => {
    const { changes, result } = addMember.decide({ ...input, teams: ['watch'] }, facts, context);
    assert.deepEqual([result.orgRole, result.pending, result.user, result.email], ['manager', false, user, user.email]);
    assert.deepEqual(
      changes.map(({ kind, id }) => `${kind} ${id}`),
      ['member 30', `team-member ${watch.id}:30`],
    );
  });

  it('replaces an open invite to the same address in the same revision', () => {
    const invite = anInvite({ email: user.email });
    const place = aTeamMember(watch, invite);
    const { changes } = addMember.decide(input, { ...facts, invites: [invite], inviteTeams: [place] }, context);
    assert.deepEqual(
      changes.map(({ kind, id, after }) => `${kind} ${id} ${after ? 'put' : 'removed'}`),
      [`team-member ${place.id} removed`, `member ${invite.id} removed`, 'member 30 put'],
    );
  });

  it('[12.1] accepts the invite of the identity provider for the user’s own address, which no one else can remove', () => {
    const { flags } = anInvite();
    const provisioned = anInvite({ email: user.email, orgRole: 'admin', flags: { ...flags, 'idp:provisioned': true } });
    const given = { ...facts, invites: [provisioned] };
    const { result } = addMember.decide(input, given, context);
    assert.deepEqual([result.id, result.orgRole, result.user, result.flags['idp:provisioned']], [provisioned.id, 'admin', user, true]);
    const { changes } = addMember.decide(input, { ...given, isTrustedAddress: false }, context);
    assert.deepEqual(
      changes.map(({ kind, id }) => `${kind} ${id}`),
      ['member 30'],
    );
  });

  describe('a user whom a required second factor detached', () => {
    const former = aMember({ orgRole: 'member' }, user);
    const detached = detachedMember(former, user, now);
    const row = aTeamMember(watch, former, 'admin');
    const given = { ...facts, invites: [detached], inviteTeams: [row] };
    const restore = (fields: Partial<AddMember>) => addMember.decide({ ...input, restoresDetached: true, ...fields }, given, context);

    it('becomes the former member again, with the former role and teams', () => {
      const { changes, result } = restore({});
      assert.deepEqual(result, former);
      assert.deepEqual(changes, [{ kind: 'member', id: former.id, before: detached, after: former }]);
    });

    it('gets another role, or other teams, if they are given', () => {
      const withRole = restore({ orgRole: 'admin' });
      assert.equal(withRole.result.orgRole, 'admin');
      const after = { ...row, teamRole: null };
      assert.deepEqual(withRole.changes[1], { kind: 'team-member', id: row.id, before: row, after }, 'the role includes that of the team');
      const withTeams = restore({ teams: [] });
      assert.equal(withTeams.result.orgRole, 'member');
      assert.deepEqual(withTeams.changes[1], { kind: 'team-member', id: row.id, before: row, after: null });
    });

    it('loses another invite to the same address', () => {
      const invite = anInvite({ email: user.email });
      const { changes } = addMember.decide({ ...input, restoresDetached: true }, { ...given, invites: [invite, detached] }, context);
      assert.deepEqual(
        changes.map(({ id, after }) => [id, after !== null]),
        [
          [invite.id, false],
          [former.id, true],
        ],
      );
    });

    it('becomes a new member if the former one is not restored', () => {
      const { changes, result } = addMember.decide(input, given, context);
      assert.deepEqual([result.id, result.orgRole], [facts.id, 'manager']);
      assert.deepEqual(
        changes.map(({ kind, id, after }) => `${kind} ${id} ${after ? 'put' : 'removed'}`),
        [`team-member ${row.id} removed`, `member ${former.id} removed`, `member ${facts.id} put`],
      );
    });
  });

  it('refuses a user who is already a member', () => {
    assert.throws(() => addMember.decide(input, { ...facts, isMember: true }, context), { code: 'already-exists' });
  });

  it('[17.20] refuses a role that is retired', () => {
    const retiredRoles = new Set<OrgRoleId>(['admin']);
    assert.throws(() => addMember.decide({ ...input, orgRole: 'admin' }, facts, { ...context, retiredRoles }), {
      body: { orgRole: ["The role 'admin' is deprecated and may no longer be assigned."] },
    });
  });

  it('[S-05] refuses an owner, because only the operator adds members', () => {
    const actor = actorFor(aMember({ orgRole: 'owner' }));
    assert.throws(() => addMember.decide(input, facts, { ...context, actor }), { code: 'forbidden' });
  });
});
