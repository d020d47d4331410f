import assert from 'node:assert/strict';
import { assignProject } from '../../../../../server/src/write-path/commands/projects/assign-project.ts';
import { aMember, aProject, asUser, aTeam, contextOf, ofTeam, onTeam, stateOf } from '../../../../support/numbered-builders.ts';

const team = aTeam('20');
const other = aTeam('21');
const project = aProject('30');
const contributor = aMember('10');
const teamAdmin = aMember('11');
const state = stateOf({
  member: [contributor, teamAdmin],
  team: [team, other],
  'team-member': [onTeam(team, contributor), onTeam(team, teamAdmin, 'admin')],
  project: [project],
  'project-team': [ofTeam(project, team)],
});

function decide(to: typeof team | null, as = '11') {
  return assignProject.decide({ project: '30', team: 'named' }, { state, project, team: to }, contextOf(asUser(as)));
}

describe('assign-project', () => {
  it('[9.1] adds the project to any team, for a Team Admin of one of its teams', () => {
    assert.deepEqual(decide(other).changes, [
      { kind: 'project-team', id: '30:21', before: null, after: { id: '30:21', projectId: '30', teamId: '21' } },
    ]);
  });

  it('[W3] changes nothing for a team that already has the project', () => {
    assert.deepEqual(decide(team).changes, []);
  });

  it('[9.1] reports a missing team as not found', () => {
    assert.throws(() => decide(null), { code: 'not-found', body: { detail: 'Team does not exist.' } });
  });

  it('[9.1] refuses a contributor before it reads the team', () => {
    assert.throws(() => decide(null, '10'), { code: 'forbidden' });
  });
});
