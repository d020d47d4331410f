import assert from 'node:assert/strict';
import { rowsOf, searchRows, sortRows } from '../../../dashboard/src/pages/members/member-rows.ts';
import { aMember } from '../../support/builders.ts';

describe('the search of members', () => {
  const owner = aMember({ orgRole: 'owner', name: 'Ada' });
  const member = aMember({ orgRole: 'member', name: 'Bo' });
  const request = aMember({ inviteStatus: 'requested_to_join', user: null, pending: true });
  const rows = rowsOf({ members: [owner, member], invites: [request], teams: [], teamMembers: [] });
  const found = (text: string) => searchRows(rows, text).map((row) => row.member.id);

  it('[6.2] finds by role, scope and words, and nothing by an unknown key', () => {
    assert.deepEqual(found('role:owner'), [owner.id]);
    assert.deepEqual(found('role:owner role:member'), [owner.id, member.id]);
    assert.deepEqual(found('scope:"org:admin"'), [owner.id]);
    assert.deepEqual(found('BO'), [member.id]);
    assert.deepEqual(found('role:owner bo'), []);
    assert.deepEqual(found('nonsense:1'), []);
  });

  it('[6.2] leaves requests out', () => assert.deepEqual(found(''), [owner.id, member.id]));

  it('sorts by role, the highest first', () => {
    assert.deepEqual(
      sortRows(rows, 'role', true).map((row) => row.member.orgRole),
      ['member', 'owner'],
    );
  });
});
