import assert from 'node:assert/strict';
import { effectOf } from '../../../dashboard/src/pages/security/flag-effects.ts';
import { type MemberRecord, projectTeamId, teamMemberId } from '../../../protocol/src/index.ts';
import { aMember } from '../../support/builders.ts';

describe('what switching a flag does', () => {
  const owner = aMember({ id: '1', orgRole: 'owner' }, { has2fa: true });
  const onTeam = aMember({ id: '2', orgRole: 'member' }, { has2fa: false });
  const admin = aMember({ id: '3', orgRole: 'admin' }, { has2fa: true });
  const aProject = (id: string) => ({ id, slug: id, name: id, platform: null, dateCreated: '2026-11-24T00:00:00.000000Z' });
  const facts = (members: readonly MemberRecord[]) => ({
    members,
    projects: [aProject('7'), aProject('8')],
    projectTeams: [{ id: projectTeamId('7', '5'), projectId: '7', teamId: '5' }],
    teamMembers: [{ id: teamMemberId('5', '2'), teamId: '5', memberId: '2', teamRole: null }],
  });

  it('counts those without a second factor, and names them', () => {
    const effect = effectOf('require2FA', true, facts([owner, onTeam, admin]));
    assert.equal(effect.text, '1 member has no second factor and will become pending.');
    assert.deepEqual(effect.who, [onTeam]);
    assert.ok(effect.isDangerous, 'somebody loses access');
    assert.ok(!effectOf('require2FA', true, facts([owner, admin])).isDangerous, 'nobody does');
  });

  it('counts the projects that are out of reach of some by their teams, and those whom that is true of', () => {
    // The one on the team reaches 7; the other none; an owner all.
    assert.equal(effectOf('openMembership', true, facts([owner, onTeam, admin])).text, '2 members will be able to see 2 more projects.');
    assert.equal(effectOf('openMembership', true, facts([owner, onTeam])).text, '1 member will be able to see 1 more project.');
    assert.ok(!effectOf('openMembership', false, facts([owner])).isDangerous, 'an owner reaches everything anyway');
  });

  it('asks before addresses are shown, not before they are hidden', () => {
    assert.ok(!effectOf('enhancedPrivacy', true, facts([owner, onTeam])).isDangerous, 'hidden');
    const shown = effectOf('enhancedPrivacy', false, facts([owner, onTeam]));
    assert.equal(shown.text, '1 member will see the e-mail addresses of all 2 members.');
    assert.ok(shown.isDangerous, 'shown');
  });
});
