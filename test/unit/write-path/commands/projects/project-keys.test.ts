import assert from 'node:assert/strict';
import { createProjectKey } from '../../../../../server/src/write-path/commands/projects/create-project-key.ts';
import { removeProjectKey } from '../../../../../server/src/write-path/commands/projects/remove-project-key.ts';
import { updateProjectKey } from '../../../../../server/src/write-path/commands/projects/update-project-key.ts';
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
const key = aProjectKey('a', project);
const contributor = aMember('10');
const teamAdmin = aMember('11');
const state = stateOf({
  member: [contributor, teamAdmin],
  team: [team],
  'team-member': [onTeam(team, contributor), onTeam(team, teamAdmin, 'admin')],
  project: [project],
  'project-team': [ofTeam(project, team)],
});
const id = 'b'.repeat(32);
const by = (member: string, malformed = {}) => contextOf(asUser(member), { malformed });

describe('create-project-key', () => {
  const create = (member: string, name: string | null, malformed = {}) =>
    createProjectKey.decide({ project: '30', name, rateLimit: null, loaderOptions: {} }, { state, project, id }, by(member, malformed));

  it('[9.5] adds an active key and an audit entry', () => {
    const { changes, audit, result } = create('11', 'Web');
    assert.deepEqual(changes, [{ kind: 'project-key', id, before: null, after: result }]);
    assert.deepEqual([result.projectId, result.name, result.isActive, result.rateLimit], ['30', 'Web', true, null]);
    assert.deepEqual(
      audit!.map(({ event, targetObject }) => [event, targetObject]),
      [['projectkey.create', '30']],
    );
  });

  it('[9.5] generates a name if none is given', () => assert.equal(create('11', null).result.name, 'Key bbbbbb'));

  it('[9.1] refuses a contributor without errors about the body', () => {
    assert.throws(() => create('10', 'Web', { name: ['wrong'] }), { code: 'forbidden' });
    assert.throws(() => create('11', 'Web', { name: ['wrong'] }), { code: 'invalid' });
  });
});

describe('update-project-key', () => {
  const update = (member: string, input: object, found: typeof key | null = key) =>
    updateProjectKey.decide({ project: '30', key: key.id, loaderOptions: {}, ...input }, { state, project, key: found }, by(member));

  it('[9.1] changes only the given fields', () => {
    const { result, audit } = update('11', { isActive: false, loaderOptions: { hasDebug: true } });
    assert.deepEqual(result, { ...key, isActive: false, dynamicSdkLoaderOptions: { ...key.dynamicSdkLoaderOptions, hasDebug: true } });
    assert.deepEqual(
      audit!.map(({ event }) => event),
      ['projectkey.edit'],
    );
  });

  it('[9.5] accepts null as no limit', () => {
    const limited = update('11', { rateLimit: { window: 60, count: 10 } }).result;
    assert.deepEqual(limited.rateLimit, { window: 60, count: 10 });
    assert.equal(update('11', { rateLimit: null }, limited).result.rateLimit, null);
    assert.deepEqual(update('11', {}, limited).result.rateLimit, limited.rateLimit);
  });

  it('[W3] changes nothing if all values are equal', () => {
    const { changes, audit } = update('11', { name: key.name });
    assert.deepEqual([changes, audit], [[], []]);
  });

  it('[9.1] finds no key of another project, and refuses a contributor', () => {
    assert.throws(() => update('11', {}, null), { code: 'not-found' });
    assert.throws(() => update('10', {}, null), { code: 'forbidden' });
  });
});

describe('remove-project-key', () => {
  const remove = (member: string, found: typeof key | null = key) =>
    removeProjectKey.decide({ project: '30', key: key.id }, { state, project, key: found }, by(member));

  it('[9.1] removes even the last key, and adds an audit entry', () => {
    const { changes, audit } = remove('11');
    assert.deepEqual(changes, [{ kind: 'project-key', id: key.id, before: key, after: null }]);
    assert.deepEqual(
      audit!.map(({ event }) => event),
      ['projectkey.remove'],
    );
  });

  it('[9.1] finds no key of another project, and refuses a contributor', () => {
    assert.throws(() => remove('11', null), { code: 'not-found' });
    assert.throws(() => remove('10'), { code: 'forbidden' });
  });
});
