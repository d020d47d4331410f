import assert from 'node:assert/strict';
import { removeTeam } from '../../../../../server/src/write-path/commands/teams/remove-team.ts';
import { aMember, aProject, asUser, aTeam, contextOf, ofTeam, onTeam, stateOf } from '../../../../support/numbered-builders.ts';

const team = aTeam('20');
const project = aProject('30');
const owner = aMember('10', { orgRole: 'owner' });
const plain = aMember('11');
const rows = [onTeam(team, plain)];
const state = stateOf({ member: [owner, plain], team: [team], 'team-member': rows });
const facts = { state, team, teamMembers: rows, projectTeams: [ofTeam(project, team)] };

describe('remove-team', () => {
  it('[8.1] removes the team with its memberships and team projects, and no project', () => {
    const { changes } = removeTeam.decide({ team: '20' }, facts, contextOf(asUser('10')));
    assert.deepEqual(
      changes.map(({ kind, id, after }) => ({ kind, id, after })),
      [
        { kind: 'team-member', id: '20:11', after: null },
        { kind: 'project-team', id: '30:20', after: null },
        { kind: 'team', id: '20', after: null },
      ],
    );
  });

  it('[8.3] refuses a contributor', () => {
    assert.throws(() => removeTeam.decide({ team: '20' }, facts, contextOf(asUser('11'))), { code: 'forbidden' });
  });

  it('[8.3] refuses all callers on a team of the identity provider', () => {
    const provisioned = { ...facts, team: aTeam('20', { flags: { 'idp:provisioned': true } }) };
    assert.throws(() => removeTeam.decide({ team: '20' }, provisioned, contextOf(asUser('10'))), { code: 'forbidden' });
  });
});
