import assert from 'node:assert/strict';
import { projectRowsOf } from '../../../dashboard/src/pages/projects/project-rows.ts';
import { searchProjects } from '../../../dashboard/src/pages/projects/project-search.ts';
import { foldText, wordsTest } from '../../../react/src/match-words.ts';
import { aProject, aTeam, ofTeam } from '../../support/numbered-builders.ts';

describe('[H-66] the words of a search', () => {
  const finds = (query: string, text: string) => wordsTest(query)(foldText(text));

  it('match in any order, ignoring case and accents', () => {
    assert.ok(finds('okafor AMARA', 'Amara Okafor'));
    assert.ok(finds('#web', 'web'));
    assert.ok(finds('jose', 'José'));
    assert.ok(finds('', 'anything'));
    assert.ok(!finds('amara web', 'Amara Okafor'));
  });
});

describe('[H-66] the project search', () => {
  const web = aTeam('1', { slug: 'web' });
  const shop = aProject('1', { slug: 'shop', name: 'Web shop', platform: 'python' });
  const api = aProject('2', { slug: 'api', platform: 'node' });
  const rows = projectRowsOf({ projects: [shop, api], projectTeams: [ofTeam(shop, web)], teams: [web] });
  const found = (query: string, team = '') => searchProjects(rows, query, team).map(({ project }) => project.slug);

  it('matches words in any order, and filters by team and platform', () => {
    assert.deepEqual(found(''), ['api', 'shop']);
    assert.deepEqual(found('SHOP web'), ['shop']);
    assert.deepEqual(found('team:#Web'), ['shop']);
    assert.deepEqual(found('Platform: Node'), ['api']);
    assert.deepEqual(found('', 'web'), ['shop']);
    assert.deepEqual(found('api', 'web'), []);
    assert.deepEqual(found('nonsense:1'), []);
  });
});
