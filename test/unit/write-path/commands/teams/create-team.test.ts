import assert from 'node:assert/strict';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { type CreateTeam, createTeam } from '../../../../../server/src/write-path/commands/teams/create-team.ts';
import { aMember, asOrgToken, asUser, contextOf, stateOf } from '../../../../support/numbered-builders.ts';

const admin = aMember('10', { orgRole: 'admin' });
const plain = aMember('11');
const state = stateOf({ member: [admin, plain] });

function decide(input: Partial<CreateTeam>, { actor = asUser('10'), taken = [] }: { actor?: Actor; taken?: string[] } = {}) {
  const slugs = { suffixes: ['ab', 'abc', 'abcde', 'abcdefghijkl'], taken: new Set(taken) };
  const whole = { name: null, slug: null, idpProvisioned: false, ...input };
  return createTeam.decide(whole, { state, id: '20', slugs }, contextOf(actor));
}

describe('create-team', () => {
  it('[8.1] creates the team with its creator as a member', () => {
    const { changes, result } = decide({ slug: 'ops', name: 'Operations' });
    assert.deepEqual(
      changes.map(({ kind, id }) => `${kind} ${id}`),
      ['team 20', 'team-member 20:10'],
    );
    assert.equal(result.team.slug, 'ops');
    assert.equal(result.team.name, 'Operations');
  });

  it('[8.2] returns the state with the changes, and leaves the loaded state as it was', () => {
    const { result } = decide({ slug: 'ops' });
    assert.deepEqual([...result.state.teamIdsOfMember('10')], ['20']);
    assert.deepEqual([...state.teamIdsOfMember('10')], []);
  });

  it('[8.1] leaves the team of an organization token empty', () => {
    const { changes } = decide({ slug: 'ops' }, { actor: asOrgToken('org:write') });
    assert.deepEqual(
      changes.map(({ kind }) => kind),
      ['team'],
    );
  });

  for (const { given, slug, name } of [
    { given: { slug: 'ops' }, slug: 'ops', name: 'ops' },
    { given: { name: 'Späte Schicht!' }, slug: 'spate-schicht', name: 'Späte Schicht!' },
    { given: { name: '1234' }, slug: '1234-ab', name: '1234' },
    { given: { name: 'a'.repeat(64) }, slug: 'a'.repeat(30), name: 'a'.repeat(64) },
    { given: { name: '!!!' }, slug: 'ab', name: '!!!' },
  ]) {
    it(`[8.1] derives the slug ${slug} from ${JSON.stringify(given)}`, () => {
      const { result } = decide(given);
      assert.deepEqual({ slug: result.team.slug, name: result.team.name }, { slug, name });
    });
  }

  it('[8.1] extends a generated slug that is taken, until one is free', () => {
    assert.equal(decide({ name: 'Ops' }, { taken: ['ops', 'ops-ab'] }).result.team.slug, 'ops-abc');
  });

  it('[8.1] refuses a given slug that is taken', () => {
    const message = 'A team with this slug already exists.';
    assert.throws(() => decide({ slug: 'ops' }, { taken: ['ops'] }), {
      code: 'already-exists',
      body: { non_field_errors: [message], detail: message },
    });
  });

  it('[8.1] requires a name or a slug', () => {
    assert.throws(() => decide({}), { code: 'invalid', body: { non_field_errors: ['Name or slug is required'] } });
  });

  for (const slug of ['1234', 'Ops', 'o p s', 'ops!']) {
    it(`[8.1] refuses the slug "${slug}"`, () => {
      const text = 'Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens. It cannot be entirely numeric.';
      assert.throws(() => decide({ slug }), { body: { slug: [text] } });
    });
  }

  it('[W2] refuses a plain member without errors about the body', () => {
    assert.throws(() => decide({ slug: '1234' }, { actor: asUser('11') }), { code: 'forbidden' });
  });
});
