import assert from 'node:assert/strict';
import { type UpdateProject, updateProject } from '../../../server/src/write-path/commands/update-project.ts';
import { aMember, anOrganization, aProject, asUser, aTeam, contextOf, ofTeam, onTeam, stateOf } from '../../support/numbered-builders.ts';

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

function decide(input: Partial<UpdateProject>, { as = '11', slugOwner = null as typeof project | null } = {}) {
  const whole = { project: '30', isAboutProject: true, malformed: {}, ...input };
  return updateProject.decide(whole, { state, project, slugOwner }, contextOf(asUser(as)));
}

describe('update-project', () => {
  it('[9.1] changes only what is named', () => {
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

  it('[W3] lets a project keep its own slug without a change', () => {
    assert.deepEqual(decide({ slug: project.slug }, { slugOwner: project }).changes, []);
  });

  it('[9.1] lets a contributor bookmark it and do nothing else', () => {
    const { changes, result } = decide({ isBookmarked: true, isAboutProject: false }, { as: '10' });
    assert.deepEqual(changes, []);
    assert.equal(result.isBookmarked, true);
    assert.throws(() => decide({ name: 'Renamed', isBookmarked: true }, { as: '10' }), { code: 'forbidden' });
  });

  it('[3.4] refuses a member who is on none of its teams, with open membership off', () => {
    assert.throws(() => decide({ isBookmarked: true, isAboutProject: false }, { as: '12' }), { code: 'forbidden' });
  });
});
