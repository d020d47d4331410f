import assert from 'node:assert/strict';
import { effectOf } from '../../../dashboard/src/pages/security/flag-effects.ts';
import { type MemberRecord, projectTeamId, teamMemberId } from '../../../protocol/src/index.ts';
import { aMember } from '../../support/builders.ts';

describe('the effect of a flag', () => {
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

  it('lists the members without 2FA for require2FA', () => {
    const effect = effectOf('require2FA', true, facts([owner, onTeam, admin]));
    assert.equal(effect?.text, 'Turning this on locks out 1 member without 2FA.');
    assert.deepEqual(effect?.who, [onTeam]);
    assert.ok(effect?.isDangerous, 'a member loses access');
    assert.equal(effectOf('require2FA', true, facts([owner, admin]))?.isDangerous, false, 'no member loses access');
  });

  it('counts the members who gain access for openMembership, and the projects', () => {
    // The member on the team has access to project 7, the admin to none, the owner to both.
    const text = (isOn: boolean, members: readonly MemberRecord[]) => effectOf('openMembership', isOn, facts(members))?.text;
    assert.equal(text(true, [owner, onTeam, admin]), 'Turning this on gives 2 members access to 2 more projects.');
    assert.equal(text(true, [owner, onTeam]), 'Turning this on gives 1 member access to 1 more project.');
    assert.equal(text(false, [owner, onTeam]), 'Turning this off means that 1 member can’t see 1 project outside of their teams.');
    assert.equal(effectOf('openMembership', false, facts([owner]))?.isDangerous, false, 'owners have access to all projects');
  });

  it('marks enhancedPrivacy as dangerous only if it shows email addresses', () => {
    assert.equal(effectOf('enhancedPrivacy', true, facts([owner, onTeam]))?.isDangerous, false);
    const shown = effectOf('enhancedPrivacy', false, facts([owner, onTeam]));
    assert.equal(shown?.text, 'Turning this off shows the email addresses of all 2 members to 1 member.');
    assert.equal(shown?.isDangerous, true);
  });

  it('affects no one if every member is a manager or an owner', () => {
    for (const flag of ['allowMemberInvite', 'allowMemberProjectCreation'] as const) {
      assert.equal(effectOf(flag, false, facts([owner]))?.text, 'Turning this off affects no one. Every member is a manager or an owner.');
      assert.match(effectOf(flag, false, facts([owner, onTeam]))!.text, /^Turning this off stops 1 member from /);
    }
  });

  it('has no text for flags of connected apps', () => {
    assert.equal(effectOf('codecovAccess', true, facts([owner])), null);
  });
});
