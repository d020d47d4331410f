import assert from 'node:assert/strict';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { type CreateProject, createProject } from '../../../../../server/src/write-path/commands/projects/create-project.ts';
import { aMember, anOrganization, asOrgToken, asUser, aTeam, contextOf, onTeam, stateOf } from '../../../../support/numbered-builders.ts';

const team = aTeam('20');
const owner = aMember('10', { orgRole: 'owner' });
const oldAdmin = aMember('11', { orgRole: 'admin' });
const contributor = aMember('12');
const teamAdmin = aMember('13');

const suffixes = ['ab', 'abc', 'abcde', 'abcdefghijkl'];

interface Given {
  readonly actor?: Actor;
  readonly mayMembers?: boolean;
  /** False takes the organization's path, which makes a team. */
  readonly onTeam?: boolean;
  readonly taken?: readonly string[];
  readonly takenTeams?: readonly string[];
}

function decide(input: Partial<CreateProject>, given: Given = {}) {
  const { actor = asUser('10'), mayMembers = false, onTeam: isOnTeam = true, taken = [], takenTeams = [] } = given;
  const state = stateOf({
    organization: [anOrganization({ allowMemberProjectCreation: mayMembers })],
    member: [owner, oldAdmin, contributor, teamAdmin],
    team: [team],
    'team-member': [onTeam(team, oldAdmin), onTeam(team, contributor), onTeam(team, teamAdmin, 'admin')],
  });
  const whole = { team: isOnTeam ? '20' : null, name: 'Engine', slug: null, platform: null, ...input };
  const facts = {
    state,
    id: '30',
    keyId: 'a'.repeat(32),
    slugs: { suffixes, taken: new Set(taken) },
    team: isOnTeam ? { found: team } : { id: '21', slugs: { suffixes, taken: new Set(takenTeams) } },
  };
  return createProject.decide(whole, facts, contextOf(actor));
}

const disabled = { code: 'forbidden', message: 'Your organization has disabled this feature for members.' };

describe('create-project', () => {
  it('[9.3] creates the project with its team and a client key', () => {
    const { changes, result } = decide({ platform: 'node' });
    assert.deepEqual(
      changes.map(({ kind, id }) => `${kind} ${id}`),
      ['project 30', 'project-team 30:20', `project-key ${'a'.repeat(32)}`],
    );
    assert.equal(result.project.slug, 'engine');
    assert.equal(result.project.platform, 'node');
  });

  for (const { name, slug } of [
    { name: '1234', slug: '1234-ab' },
    { name: 'Members', slug: 'members-ab' },
    { name: 'b'.repeat(50), slug: 'b'.repeat(50) },
  ]) {
    it(`[9.3] derives the slug ${slug} from the name ${name}`, () => assert.equal(decide({ name }).result.project.slug, slug));
  }

  for (const { input, body } of [
    { input: { name: 'members' }, body: { name: ['The name "members" is reserved and not allowed.'] } },
    { input: { slug: 'usage' }, body: { slug: ['The slug "usage" is reserved and not allowed.'] } },
    { input: { platform: 'abacus' }, body: { platform: ['Invalid platform'] } },
  ]) {
    it(`[9.3] refuses ${JSON.stringify(input)}`, () => assert.throws(() => decide(input), { code: 'invalid', body }));
  }

  it('[9.3] refuses a given slug that is taken, and extends a generated one', () => {
    const message = 'A project with this slug already exists.';
    assert.throws(() => decide({ slug: 'engine' }, { taken: ['engine'] }), { code: 'already-exists', body: { detail: message } });
    assert.equal(decide({}, { taken: ['engine'] }).result.project.slug, 'engine-ab');
  });

  describe('a project on a team, if members may not create projects', () => {
    for (const who of [owner, oldAdmin, teamAdmin]) {
      it(`[9.3] can be created by the ${who.orgRole} ${who.id}`, () =>
        assert.equal(decide({}, { actor: asUser(who.id) }).changes.length, 3));
    }

    it('[9.3] cannot be created by a token that may only write projects', () => {
      assert.throws(() => decide({}, { actor: asUser('11', ['project:write', 'project:read']) }), disabled);
      assert.equal(decide({}, { actor: asUser('11', ['project:write', 'project:read']), mayMembers: true }).changes.length, 3);
    });

    it('[9.1] cannot be created by a contributor, even if members may create projects', () => {
      assert.throws(() => decide({}, { actor: asUser('12'), mayMembers: true }), {
        message: 'You do not have permission to perform this action.',
      });
    });
  });

  describe('a project with a team of its own', () => {
    it('[9.3] makes the caller its Team Admin', () => {
      const { changes, result } = decide({}, { actor: asUser('12'), mayMembers: true, onTeam: false });
      assert.deepEqual(
        changes.map(({ kind, id }) => `${kind} ${id}`),
        ['team 21', 'team-member 21:12', 'project 30', 'project-team 30:21', `project-key ${'a'.repeat(32)}`],
      );
      assert.equal(changes[1]!.after!.teamRole, 'admin');
      assert.equal(result.team.slug, 'team-m12');
    });

    it('[4.2] stores no team role that the organization role includes', () => {
      assert.equal(decide({}, { onTeam: false }).changes[1]!.after!.teamRole, null);
    });

    it('[9.3] extends the slug of the team if it is taken', () => {
      assert.equal(decide({}, { onTeam: false, takenTeams: ['team-m10'] }).result.team.slug, 'team-m10-ab');
    });

    it('[9.3] requires org:write if members may not create projects', () => {
      assert.throws(() => decide({}, { actor: asUser('12'), onTeam: false }), disabled);
      assert.throws(() => decide({}, { actor: asUser('11'), onTeam: false }), disabled);
    });

    it('[9.3] refuses a caller without a member, because the team needs a Team Admin', () => {
      const actor = asOrgToken('org:write', 'project:write');
      assert.throws(() => decide({}, { actor, onTeam: false }), {
        code: 'forbidden',
        message: 'You must be a member of the organization to join a new team as a Team Admin',
      });
    });
  });
});
