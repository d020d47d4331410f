import assert from 'node:assert/strict';
import { rowsOf, sortRows } from '../../../react/src/member-rows.ts';
import { searchRows } from '../../../react/src/member-search.ts';
import { aMember, aTeam, aTeamMember } from '../../support/builders.ts';

describe('the member search', () => {
  const web = aTeam('web');
  const owner = aMember({ orgRole: 'owner', name: 'Ada' });
  const member = aMember({ orgRole: 'member', name: 'Amara Okafor', email: 'amara@example.org' });
  const invite = aMember({ user: null, pending: true, name: 'grace@example.org', email: 'grace@example.org', orgRole: 'manager' });
  const request = aMember({ inviteStatus: 'requested_to_join', user: null, pending: true });
  const rows = rowsOf({ members: [owner, member], invites: [invite, request], teams: [web], teamMembers: [aTeamMember(web, member)] });
  const found = (text: string, sees2fa = true) => searchRows(rows, text, sees2fa).map((row) => row.member.id);

  it('[6.2] filters by role, scope and words, and finds nothing for an unknown key', () => {
    assert.deepEqual(found('role:owner'), [owner.id]);
    assert.deepEqual(found('role:owner role:member'), [owner.id, member.id]);
    assert.deepEqual(found('scope:"org:admin"'), [owner.id]);
    assert.deepEqual(found('AMARA'), [member.id]);
    assert.deepEqual(found('role:owner amara'), []);
    assert.deepEqual(found('nonsense:1'), []);
  });

  it('[6.2] leaves out requests to join', () => assert.deepEqual(found(''), [owner.id, member.id, invite.id]));

  it('[H-66] matches words in any order, ignoring case and accents', () => {
    for (const text of ['okafor amara', 'Amara okafor', '  AMARA  example.org ', 'ámara']) assert.deepEqual(found(text), [member.id], text);
    assert.deepEqual(found('okafor ada'), []);
  });

  it('[H-66] ignores the case of keys and values, and # before a team', () => {
    for (const text of ['role:Owner', 'Role:OWNER', 'role: owner']) assert.deepEqual(found(text), [owner.id], text);
    for (const text of ['team:#web', 'team:web', 'Team:#WEB', 'team: #web okafor']) assert.deepEqual(found(text), [member.id], text);
    assert.deepEqual(found('email:AMARA@example.org'), [member.id]);
  });

  it('[H-66] filters by status: and 2fa:', () => {
    assert.deepEqual(found('status:invited'), [invite.id]);
    assert.deepEqual(found('status:Joined'), [owner.id, member.id]);
    assert.deepEqual(found('isInvited:True'), [invite.id]);
    assert.deepEqual(found('2fa:off'), found('has2fa:false'));
    assert.deepEqual(found('2fa:On'), found('has2fa:true'));
  });

  it('finds no one by 2FA for a viewer who may not see it, and treats blocked members like others', () => {
    const blocked = aMember({ user: null, pending: true, detachedUser: { id: '9', name: 'Lin' } });
    const all = rowsOf({ members: [owner], invites: [blocked], teams: [], teamMembers: [] });
    const seen = (text: string, sees2fa: boolean) => searchRows(all, text, sees2fa).map((row) => row.member.id);
    const has2fa = owner.user!.has2fa;
    for (const text of [`2fa:${has2fa}`, `has2fa:${has2fa}`])
      assert.deepEqual([seen(text, true), seen(text, false)], [[owner.id], []], text);
    assert.deepEqual([seen('status:blocked', true), seen('status:blocked', false)], [[blocked.id], []]);
    assert.deepEqual([seen('status:joined', true), seen('status:joined', false)], [[owner.id], [owner.id, blocked.id]]);
  });

  it('sorts by role, highest first', () => {
    assert.deepEqual(
      sortRows(rows, 'role', true).map((row) => row.member.orgRole),
      ['member', 'manager', 'owner'],
    );
  });
});

describe('the rows of the members table', () => {
  const [one, other] = [aMember(), aMember()];
  const web = aTeam('web');
  const membership = aTeamMember(web, one);
  const lists = { members: [one, other], invites: [], teams: [web], teamMembers: [membership] };
  const before = rowsOf(lists);

  it('stay the same objects if nothing changed, so that one change renders one row', () => {
    const renamed = { ...other, name: 'Other' };
    const after = rowsOf({ ...lists, members: [one, renamed] });
    assert.equal(after[0], before[0]);
    assert.equal(after[1]!.sortName, 'other');
  });

  it('become new objects if a team or a team membership changed', () => {
    const admin = { ...membership, teamRole: 'admin' as const };
    assert.equal(rowsOf({ ...lists, teamMembers: [admin] })[0]!.teams[0]!.membership, admin);
    const renamed = { ...web, slug: 'renamed' };
    assert.equal(rowsOf({ ...lists, teams: [renamed] })[0]!.teams[0]!.team, renamed);
    assert.deepEqual(rowsOf({ ...lists, teamMembers: [] })[0]!.teams, []);
    assert.equal(rowsOf(lists)[0]!.teams[0]!.membership, membership);
  });
});
