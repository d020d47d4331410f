import assert from 'node:assert/strict';
import { defaultProjectSettings, type ProjectSettingsRecord } from '@rollcall/protocol';
import { type UpdateProject, updateProject } from '../../../../../server/src/write-path/commands/projects/update-project.ts';
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

const team = aTeam('20');
const project = aProject('30');
const contributor = aMember('10');
const teamAdmin = aMember('11');
const outsider = aMember('12');
const state = stateOf({
  organization: [anOrganization({ openMembership: false })],
  member: [contributor, teamAdmin, outsider],
  team: [team],
  'team-member': [onTeam(team, contributor), onTeam(team, teamAdmin, 'admin')],
  project: [project],
  'project-team': [ofTeam(project, team)],
});

const secrets = { securityToken: 'a token', symbolSources: '' };

function decide(
  input: Partial<UpdateProject>,
  { as = '11', slugOwner = null as typeof project | null, settings = null as ProjectSettingsRecord | null } = {},
) {
  const whole = { project: '30', settings: {}, secrets: {}, isAboutProject: true, ...input };
  return updateProject.decide(whole, { state, project, slugOwner, settings, secrets }, contextOf(asUser(as)));
}

describe('update-project', () => {
  it('[9.1] changes only the given fields', () => {
    const { changes } = decide({ platform: 'go' });
    assert.deepEqual(changes, [{ kind: 'project', id: '30', before: project, after: { ...project, platform: 'go' } }]);
  });

  for (const { slug, body } of [
    { slug: 'other', body: { slug: ['Another project (Project 31) is already using that slug'] } },
    { slug: 'teams', body: { slug: ['The slug "teams" is reserved and not allowed.'] } },
    {
      slug: '1234',
      body: {
        slug: ['Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens. It cannot be entirely numeric.'],
      },
    },
  ]) {
    it(`[9.4] refuses the slug ${slug}`, () => {
      assert.throws(() => decide({ slug }, { slugOwner: slug === 'other' ? aProject('31') : null }), { code: 'invalid', body });
    });
  }

  it('[9.2] creates the settings record with the first value that is not the default', () => {
    assert.deepEqual(decide({ settings: { subjectPrefix: '', options: { 'filters:releases': '' } } }).changes, []);
    const { changes, audit } = decide({ settings: { resolveAge: 24, options: { 'filters:releases': '1.*' } } });
    const options = { ...defaultProjectSettings.options, 'filters:releases': '1.*' };
    const after = { id: '30', ...defaultProjectSettings, resolveAge: 24, options };
    assert.deepEqual(changes, [{ kind: 'project-settings', id: '30', before: null, after }]);
    assert.equal(audit?.[0]?.event, 'project.edit');
  });

  it('[9.2] keeps absent settings, and changes nothing for equal values', () => {
    const settings = { id: '30', ...defaultProjectSettings, resolveAge: 24 };
    const { changes } = decide({ settings: { verifySSL: true } }, { settings });
    assert.deepEqual(changes, [{ kind: 'project-settings', id: '30', before: settings, after: { ...settings, verifySSL: true } }]);
    assert.deepEqual(decide({ settings: { resolveAge: 24 } }, { settings }).changes, []);
  });

  it('[9.2] checks both digest delays if one of them changes', () => {
    const body = { digestsMinDelay: ['The minimum delay on digests must be lower than the maximum.'] };
    assert.throws(() => decide({ settings: { digestsMinDelay: 3_600 } }), { code: 'invalid', body });
    assert.throws(() => decide({ settings: { digestsMaxDelay: 60 } }), { code: 'invalid', body });
    assert.equal(decide({ settings: { digestsMinDelay: 3_600, digestsMaxDelay: 3_600 } }).changes.length, 1);
  });

  it('[9.2] adds an audit entry for a new secret, and stores the secret in no record', () => {
    const { changes, audit, result } = decide({ secrets: { securityToken: 'another' } });
    assert.deepEqual([changes, audit?.length], [[], 1]);
    assert.deepEqual(result.secrets, { securityToken: 'another', symbolSources: '' });
    assert.ok(!JSON.stringify(audit).includes('another'), 'the audit log contains the secret');
    const same = decide({ secrets });
    assert.deepEqual([same.audit, same.result.secrets], [[], null]);
  });

  it('[W3] changes nothing if the slug is the project’s own', () => {
    assert.deepEqual(decide({ slug: project.slug }, { slugOwner: project }).changes, []);
  });

  it('[9.1] lets a contributor only bookmark the project', () => {
    const { changes, result } = decide({ isBookmarked: true, isAboutProject: false }, { as: '10' });
    assert.deepEqual(changes, []);
    assert.equal(result.isBookmarked, true);
    assert.throws(() => decide({ name: 'Renamed', isBookmarked: true }, { as: '10' }), { code: 'forbidden' });
  });

  it('[3.4] refuses a member who is on none of its teams if open membership is off', () => {
    assert.throws(() => decide({ isBookmarked: true, isAboutProject: false }, { as: '12' }), { code: 'forbidden' });
  });
});
