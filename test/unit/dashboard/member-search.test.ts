import assert from 'node:assert/strict';
import { rowsOf, sortRows } from '../../../dashboard/src/pages/members/member-rows.ts';
import { searchRows } from '../../../dashboard/src/pages/members/member-search.ts';
import { aMember, aTeam, aTeamMember } from '../../support/builders.ts';

describe('the search of members', () => {
  const web = aTeam('web');
  const owner = aMember({ orgRole: 'owner', name: 'Ada' });
  const member = aMember({ orgRole: 'member', name: 'Amara Okafor', email: 'amara@example.org' });
  const invite = aMember({ user: null, pending: true, name: 'grace@example.org', email: 'grace@example.org', orgRole: 'manager' });
  const request = aMember({ inviteStatus: 'requested_to_join', user: null, pending: true });
  const rows = rowsOf({ members: [owner, member], invites: [invite, request], teams: [web], teamMembers: [aTeamMember(web, member)] });
  const found = (text: string) => searchRows(rows, text).map((row) => row.member.id);

  it('[6.2] finds by role, scope and words, and nothing by an unknown key', () => {
    assert.deepEqual(found('role:owner'), [owner.id]);
    assert.deepEqual(found('role:owner role:member'), [owner.id, member.id]);
    assert.deepEqual(found('scope:"org:admin"'), [owner.id]);
    assert.deepEqual(found('AMARA'), [member.id]);
    assert.deepEqual(found('role:owner amara'), []);
    assert.deepEqual(found('nonsense:1'), []);
  });

  it('[6.2] leaves requests out', () => assert.deepEqual(found(''), [owner.id, member.id, invite.id]));

  it('[H-66] finds words in any order, in any case and without their accents', () => {
    for (const text of ['okafor amara', 'Amara okafor', '  AMARA  example.org ', 'ámara']) assert.deepEqual(found(text), [member.id], text);
    assert.deepEqual(found('okafor ada'), []);
  });

  it('[H-66] compares keys and values without their case, and teams with or without #', () => {
    for (const text of ['role:Owner', 'Role:OWNER', 'role: owner']) assert.deepEqual(found(text), [owner.id], text);
    for (const text of ['team:#web', 'team:web', 'Team:#WEB', 'team: #web okafor']) assert.deepEqual(found(text), [member.id], text);
    assert.deepEqual(found('email:AMARA@example.org'), [member.id]);
  });

  it('[H-66] knows status: and 2fa:', () => {
    assert.deepEqual(found('status:invited'), [invite.id]);
    assert.deepEqual(found('status:Joined'), [owner.id, member.id]);
    assert.deepEqual(found('isInvited:True'), [invite.id]);
    assert.deepEqual(found('2fa:off'), found('has2fa:false'));
    assert.deepEqual(found('2fa:On'), found('has2fa:true'));
  });

  it('sorts by role, the highest first', () => {
    assert.deepEqual(
      sortRows(rows, 'role', true).map((row) => row.member.orgRole),
      ['member', 'manager', 'owner'],
    );
  });
});

describe('the rows of members', () => {
  const [one, other] = [aMember(), aMember()];
  const web = aTeam('web');
  const place = aTeamMember(web, one);
  const lists = { members: [one, other], invites: [], teams: [web], teamMembers: [place] };
  const before = rowsOf(lists);

  it('stay the same objects for whom nothing changed, so that one change draws one row', () => {
    const renamed = { ...other, name: 'Other' };
    const after = rowsOf({ ...lists, members: [one, renamed] });
    assert.equal(after[0], before[0]);
    assert.equal(after[1]!.sortName, 'other');
  });

  it('are others when a team, or a place on one, is another', () => {
    const admin = { ...place, teamRole: 'admin' as const };
    assert.equal(rowsOf({ ...lists, teamMembers: [admin] })[0]!.teams[0]!.place, admin);
    const renamed = { ...web, slug: 'renamed' };
    assert.equal(rowsOf({ ...lists, teams: [renamed] })[0]!.teams[0]!.team, renamed);
    assert.deepEqual(rowsOf({ ...lists, teamMembers: [] })[0]!.teams, []);
    assert.equal(rowsOf(lists)[0]!.teams[0]!.place, place);
  });
});
