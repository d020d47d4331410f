import assert from 'node:assert/strict';
import { type MapExternalTeam, mapExternalTeam } from '../../../../../server/src/features/integrations/commands/map-external-team.ts';
import { actorFor, aMember, anIntegrationRecord, anOrganization, aState, aTeam, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

describe('map-external-team', () => {
  const organization = anOrganization();
  const [admin, plain] = [aMember({ orgRole: 'admin' }), aMember()];
  const team = aTeam('web');
  const state = aState(organization, { members: [admin, plain], teams: [team] });
  const integration = anIntegrationRecord({ provider: 'github' });
  const input: MapExternalTeam = {
    team: 'web',
    mappingId: null,
    integrationId: integration.id,
    provider: 'github',
    externalName: 'ops',
  };
  type Facts = Parameters<typeof mapExternalTeam.decide>[1];
  const map = (member: typeof admin, others: Facts['others'] = [], given: Partial<MapExternalTeam> = {}) =>
    mapExternalTeam.decide(
      { ...input, ...given },
      { state, team, mapping: null, integration, others, id: '40' } as Facts,
      commandContext({ orgId: organization.id, actor: actorFor(member), now }),
    );

  it('[13.13] maps a team, which does not follow the provider’s team at first', () => {
    const { result } = map(admin);
    assert.deepEqual([result.teamId, result.externalName, result.externalId, result.follows], [team.id, 'ops', null, 'off']);
  });

  it('[13.13] refuses members, a second mapping of the same team, and another provider', () => {
    assert.throws(() => map(plain), { code: 'forbidden' });
    assert.throws(() => map(admin, [{ ...map(admin).result, id: '41' }]), { code: 'already-exists' });
    assert.throws(() => map(admin, [], { provider: 'slack' }), { body: { integrationId: ['This integration does not exist.'] } });
  });

  it('[13.14] forgets the id and the following of a team that is mapped to another integration', () => {
    const mapping = { ...map(admin).result, id: '41', externalId: '7', follows: 'members' as const };
    const gitlab = anIntegrationRecord({ provider: 'gitlab' });
    const move = (given: Partial<MapExternalTeam>) =>
      mapExternalTeam.decide(
        { ...input, mappingId: mapping.id, integrationId: gitlab.id, provider: 'gitlab', ...given },
        { state, team, mapping, integration: gitlab, others: [mapping], id: '40' } as Facts,
        commandContext({ orgId: organization.id, actor: actorFor(admin), now }),
      );
    const { id, integrationId, externalId, follows } = move({}).result;
    assert.deepEqual([id, integrationId, externalId, follows], ['41', gitlab.id, null, 'off']);
    assert.throws(() => move({ follows: 'members' }), { code: 'invalid' });
  });
});
