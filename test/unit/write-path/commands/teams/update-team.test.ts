import assert from 'node:assert/strict';
import { type UpdateTeam, updateTeam } from '../../../../../server/src/write-path/commands/teams/update-team.ts';
import { aMember, asUser, aTeam, contextOf, onTeam, stateOf } from '../../../../support/numbered-builders.ts';

const team = aTeam('20');
const contributor = aMember('10');
const teamAdmin = aMember('11');
const state = stateOf({
  member: [contributor, teamAdmin],
  team: [team],
  'team-member': [onTeam(team, contributor), onTeam(team, teamAdmin, 'admin')],
});

function decide(input: Partial<UpdateTeam>, { as = '11', slugOwnerId = null as string | null, of = team } = {}) {
  const teamFacts = { memberCount: 2, isRequested: false };
  return updateTeam.decide({ team: of.id, ...input }, { state, team: of, teamFacts, slugOwnerId }, contextOf(asUser(as)));
}

describe('update-team', () => {
  it('[8.1] changes only the given fields', () => {
    const { changes } = decide({ name: 'Renamed' });
    assert.deepEqual(changes, [{ kind: 'team', id: '20', before: team, after: { ...team, name: 'Renamed' } }]);
  });

  it('[W3] changes nothing if all values are equal', () => {
    assert.deepEqual(decide({ name: team.name, slug: team.slug }, { slugOwnerId: team.id }).changes, []);
  });

  it('[8.1] refuses the slug of another team', () => {
    assert.throws(() => decide({ slug: 'other' }, { slugOwnerId: '21' }), { body: { slug: ['The slug "other" is already in use.'] } });
  });

  it('[8.3] refuses a contributor', () => {
    assert.throws(() => decide({ name: 'Renamed' }, { as: '10' }), { code: 'forbidden' });
  });

  it('[8.3] refuses all callers on a team of the identity provider', () => {
    const provisioned = aTeam('20', { flags: { 'idp:provisioned': true } });
    assert.throws(() => decide({ name: 'Renamed' }, { of: provisioned }), {
      code: 'forbidden',
      message: "This team is managed through your organization's identity provider.",
    });
  });
});
