import assert from 'node:assert/strict';
import type { OrgRoleId } from '@rollcall/protocol';
import { unassignProject } from '../../../../../server/src/write-path/commands/projects/unassign-project.ts';
import {
  aMember,
  anOrganization,
  aProject,
  asUser,
  aTeam,
  contextOf,
  ofTeam,
  onTeam,
  stateOf,
} from '../../../../support/numbered-builders.ts';

const own = aTeam('20');
const foreign = aTeam('21');
const project = aProject('30');

/** A caller who administers `own`; the project is open to both teams. */
function decide(from: typeof own | null, { orgRole = 'member' as OrgRoleId, isOpen = false, isAssigned = true } = {}) {
  const caller = aMember('10', { orgRole });
  const state = stateOf({
    organization: [anOrganization({ openMembership: isOpen })],
    member: [caller],
    team: [own, foreign],
    'team-member': [onTeam(own, caller, orgRole === 'member' ? 'admin' : null)],
    project: [project],
    'project-team': [ofTeam(project, own), ...(isAssigned ? [ofTeam(project, foreign)] : [])],
  });
  return unassignProject.decide({ project: '30', team: 'named' }, { state, project, team: from }, contextOf(asUser('10')));
}

const refusal = { code: 'forbidden', body: { detail: ['You do not have permission to perform this action.'] } };

describe('unassign-project', () => {
  it('[9.1] lets a Team Admin remove the project from their own team', () => {
    assert.deepEqual(
      decide(own).changes.map(({ id, after }) => ({ id, after })),
      [{ id: '30:20', after: null }],
    );
  });

  it('[9.1] refuses a Team Admin of another team, with a list as the detail', () => {
    assert.throws(() => decide(foreign), refusal);
    assert.throws(() => decide(foreign, { isOpen: true }), refusal);
  });

  it('[3.4] refuses an organization admin who is not on the team, unless membership is open', () => {
    assert.throws(() => decide(foreign, { orgRole: 'admin' }), refusal);
    assert.equal(decide(foreign, { orgRole: 'admin', isOpen: true }).changes.length, 1);
  });

  it('[9.1] lets a manager remove the project from any team', () => {
    assert.equal(decide(foreign, { orgRole: 'manager' }).changes.length, 1);
  });

  it('[W3] changes nothing for a team without the project', () => {
    assert.deepEqual(decide(foreign, { orgRole: 'manager', isAssigned: false }).changes, []);
  });

  it('[9.1] reports a missing team as not found', () => {
    assert.throws(() => decide(null), { code: 'not-found', body: { detail: 'Team does not exist.' } });
  });
});
