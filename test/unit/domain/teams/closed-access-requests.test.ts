import assert from 'node:assert/strict';
import { created, removed } from '../../../../server/src/domain/changes.ts';
import { closedAccessRequests, subjectsOfAccessRequests } from '../../../../server/src/domain/teams/closed-access-requests.ts';
import { aMember, aTeam, onTeam } from '../../../support/numbered-builders.ts';

const team = aTeam('20');
const member = aMember('10');
const teamMember = onTeam(team, member, null);
const request = { id: '30', teamId: '20', memberId: '10', requesterId: null };

describe('closed access requests', () => {
  it('[8.5] concern a removed team, a removed member, or a member who is now on the team', () => {
    const none = { teamIds: [], memberIds: [], pairs: [] };
    assert.deepEqual(subjectsOfAccessRequests([removed('team', team)]), { ...none, teamIds: ['20'] });
    assert.deepEqual(subjectsOfAccessRequests([removed('member', member)]), { ...none, memberIds: ['10'] });
    const pairs = [{ teamId: '20', memberId: '10' }];
    assert.deepEqual(subjectsOfAccessRequests([created('team-member', teamMember)]), { ...none, pairs });
  });

  it('[8.5] cause no query after other changes, or for a new team', () => {
    assert.equal(subjectsOfAccessRequests([removed('team-member', teamMember)]), null);
    assert.equal(subjectsOfAccessRequests([created('team', team), created('team-member', teamMember)]), null);
  });

  it('[8.5] cause one removal, also if the command itself removes them', () => {
    const changes = [created('team-member', teamMember)];
    assert.deepEqual(closedAccessRequests(changes, [request]), [removed('access-request', request)]);
    assert.deepEqual(closedAccessRequests([...changes, removed('access-request', request)], [request]), []);
  });
});
