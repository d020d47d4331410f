import assert from 'node:assert/strict';
import { defaultProjectSettings } from '@rollcall/protocol';
import { removeProject } from '../../../../../server/src/write-path/commands/projects/remove-project.ts';
import {
  aMember,
  aProject,
  aProjectKey,
  asUser,
  aTeam,
  contextOf,
  ofTeam,
  onTeam,
  stateOf,
} from '../../../../support/numbered-builders.ts';

const team = aTeam('20');
const project = aProject('30');
const link = ofTeam(project, team);
const contributor = aMember('10');
const teamAdmin = aMember('11');
const state = stateOf({
  member: [contributor, teamAdmin],
  team: [team],
  'team-member': [onTeam(team, contributor), onTeam(team, teamAdmin, 'admin')],
  project: [project],
  'project-team': [link],
});
const key = aProjectKey('a', project);
const settings = { id: '30', ...defaultProjectSettings, verifySSL: true };
const facts = { state, project, projectTeams: [link], keys: [key], settings: [settings] };

describe('remove-project', () => {
  it('[9.1] removes the project with its team projects, keys and settings', () => {
    const { changes } = removeProject.decide({ project: '30' }, facts, contextOf(asUser('11')));
    assert.deepEqual(changes, [
      { kind: 'project-team', id: '30:20', before: link, after: null },
      { kind: 'project-key', id: key.id, before: key, after: null },
      { kind: 'project-settings', id: '30', before: settings, after: null },
      { kind: 'project', id: '30', before: project, after: null },
    ]);
  });

  it('[9.1] refuses a contributor', () => {
    assert.throws(() => removeProject.decide({ project: '30' }, facts, contextOf(asUser('10'))), { code: 'forbidden' });
  });
});
