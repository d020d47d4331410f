import assert from 'node:assert/strict';
import type { OrgRoleId } from '@rollcall/protocol';
import { type AddMember, addMember } from '../../../../../server/src/write-path/commands/members/add-member.ts';
import { actorFor, aMember, anInvite, anOrganization, aTeam, aTeamMember, aUser, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization({ defaultRole: 'manager' });
const watch = aTeam('watch');
const user = aUser();
const facts = { id: '30', organization, user, isMember: false, teams: [watch], invites: [], inviteTeams: [] };
const input: AddMember = { userId: user.id, orgRole: null, teams: [] };
const context = commandContext({ orgId: organization.id, actor: { kind: 'operator' }, now });

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
